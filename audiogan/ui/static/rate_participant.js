// Whom a recruitment platform sent: the one parameter of the address that names them. It is taken out of the address, for
// links from this page go to others, and kept until the tab is closed.

const PARTICIPANT = /^[A-Za-z0-9_-]{1,64}$/;
const KEPT = "audiogan-participant";

// "" where the study asks for no participant, or no parameter of the address can be one; `#/rate?NAME=` does as well as `?NAME=`.
export function participantOf(parameter) {
  if (!parameter) return "";
  const { search, hash } = location;
  const [place, behind = ""] = hash.split("?", 2);
  const given = new URLSearchParams(search).get(parameter) ?? new URLSearchParams(behind).get(parameter);
  const remembered = { parameter, given: given !== null && PARTICIPANT.test(given) ? given : "" };
  try {
    if (given === null) {
      const before = JSON.parse(sessionStorage.getItem(KEPT));
      return before?.parameter === parameter ? before.given : "";
    }
    sessionStorage.setItem(KEPT, JSON.stringify(remembered));
    const without = (query) => String(deleted(new URLSearchParams(query), parameter)).replace(/^(?=.)/, "?");
    history.replaceState(history.state, "", `${location.pathname}${without(search)}${place}${without(behind)}`);
  } catch {
    // storage is switched off: a reload has to find it in the address again
  }
  return remembered.given;
}

function deleted(query, parameter) {
  query.delete(parameter);
  return query;
}
