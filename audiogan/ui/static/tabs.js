// The address names the open tab: `#/rate` can be sent to listeners, a reload comes back to it, and Back to the one before.
// No element is called "/rate": the browser would scroll to it. Whoever changes the tab, the window hears of it by a `tab`
// event: what sounds in one tab must not go on under another, least of all under the listening test.

const TABS = '[role="tablist"] [role="tab"]';
const PATIENCE = 100; // frames until the page has its tabs

export function mount() {
  document.getElementById("opening")?.remove(); // the tabs are there, and what each of them shows
  document.addEventListener("click", ({ target, isTrusted }) => {
    const tab = isTrusted && target.closest?.(TABS); // our own clicks follow the address
    if (tab && name(tab) !== wanted()) location.hash = `/${name(tab)}`;
  });
  addEventListener("popstate", () => { // no hashchange comes where Back changes what is before the # too
    if (isSession()) location.reload(); // a link from another device, opened where the page already was
    else open();
  });
  const selected = ({ target }) => target.matches(TABS) && target.ariaSelected === "true";
  new MutationObserver((changes) => {
    const change = changes.find(selected);
    if (!change) return;
    document.documentElement.dataset.tab = name(change.target);
    dispatchEvent(new Event("tab"));
  }).observe(document.body, { subtree: true, attributeFilter: ["aria-selected"] });
  open();
}

function open(left = PATIENCE) {
  const tabs = [...document.querySelectorAll(TABS)];
  const tab = tabs.find((one) => name(one) === (wanted() || name(tabs[0])));
  if (tab) {
    if (tab.ariaSelected === "true") return;
    if (document.activeElement.closest('[role="tabpanel"]')) tab.focus(); // else what was pressed takes it along out of sight
    tab.click();
  } else if (!tabs.length && left) requestAnimationFrame(() => open(left - 1));
}

function wanted() {
  return isSession() ? "rate" : location.hash.replace(/^#\/?|\?.*/g, "").toLowerCase(); // what follows a ? is the tab's own
}

function isSession() {
  return location.hash.startsWith("#session=");
}

function name(tab) {
  return tab.textContent.trim().toLowerCase();
}
