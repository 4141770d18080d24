// Cards: a player, a picture, an identity, a download and, where there is a ticket, a rating for each sound.
// Text from the server reaches the page through textContent and properties only.

let playing = null;

export function mount({ element, props, server, watch, rated }) {
  const list = element.querySelector(".cards");
  const show = () => {
    playing?.pause();
    const cards = props.value ?? [];
    list.dataset.count = cards.length;
    list.replaceChildren(...(cards.length ? cards.map((card) => buildCard(card, props, server, rated)) : [hint(props.empty)]));
  };
  watch("value", show);
  show();
}

function buildCard(card, props, server, rated) {
  const audio = make("audio", { src: card.sound.url, preload: "auto" });
  const article = make("article", { className: "card", ariaLabel: `${card.title}, ${card.detail}` });
  article.append(header(card, audio), picture(card, audio, props.plot), audio);
  if (card.ticket) article.append(ratingForm(card, props, server, rated));
  return article;
}

function header(card, audio) {
  const bar = make("header", {});
  const words = make("div", { className: "words" });
  words.append(make("h3", { textContent: card.title }), make("p", { textContent: card.detail }));
  const download = make("a", {
    className: "download",
    href: card.sound.url,
    download: card.file_name,
    textContent: "WAV",
    title: `Download ${card.file_name}`,
    ariaLabel: `Download ${card.file_name}`,
  });
  bar.append(playButton(card, audio), words, download);
  return bar;
}

function playButton(card, audio) {
  const button = make("button", { type: "button", className: "play" });
  const name = () => {
    button.dataset.state = audio.paused ? "paused" : "playing";
    button.ariaLabel = `${audio.paused ? "Play" : "Pause"} ${card.title}, ${card.detail}`;
  };
  button.addEventListener("click", () => toggle(audio));
  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, name);
  audio.addEventListener("error", () => {
    button.disabled = true;
    button.title = "This sound is no longer on the server: sample again.";
  });
  name();
  return button;
}

function toggle(audio) {
  if (!audio.paused) return audio.pause();
  if (playing !== audio) playing?.pause();
  playing = audio;
  audio.play().catch(() => {}); // the error event above speaks for it
}

function picture(card, audio, [left, right]) {
  const figure = make("figure", {});
  const image = make("img", { src: card.picture.url, alt: card.alt, width: 660, height: 495, draggable: false });
  const head = make("span", { className: "head", hidden: true });
  const move = () => {
    head.hidden = audio.paused && !audio.currentTime;
    const fraction = audio.duration ? Math.min(audio.currentTime / audio.duration, 1) : 0;
    head.style.left = `${100 * (left + fraction * (right - left))}%`;
    if (!audio.paused) requestAnimationFrame(move);
  };
  for (const event of ["play", "pause", "seeked"]) audio.addEventListener(event, move);
  audio.addEventListener("ended", () => (audio.currentTime = 0));
  image.addEventListener("click", (event) => seek(event, image, audio, left, right));
  figure.append(image, head);
  return figure;
}

function seek(event, image, audio, left, right) {
  const fraction = (event.offsetX / image.clientWidth - left) / (right - left);
  if (Number.isFinite(audio.duration)) audio.currentTime = audio.duration * Math.min(Math.max(fraction, 0), 0.999);
  if (audio.paused) toggle(audio);
}

function ratingForm(card, props, server, rated) {
  const form = make("form", { className: "rating", noValidate: true });
  const fields = make("fieldset", { className: "questions" });
  const group = card.ticket.slice(-16); // unique names: radios of one name exclude each other
  fields.append(...props.questions.map((question) => scale(question, `${question.name}-${group}`, props.scale_words)));
  const submit = make("button", { type: "submit", className: "submit", textContent: "Submit rating" });
  const answer = make("p", { className: "answer", role: "status" });
  fields.append(submit);
  form.append(fields, answer);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!fields.disabled) send(card, form, fields, answer, props.questions, server, rated);
  });
  return form;
}

function scale(question, name, words) {
  const field = make("fieldset", { className: "scale" });
  const legend = make("legend", {});
  legend.append(make("b", { textContent: question.label }), make("span", { textContent: question.hint }));
  const row = make("div", { className: "row" });
  row.append(
    ...words.map((word, index) => {
      const label = make("label", {});
      const input = make("input", { type: "radio", name, value: String(index + 1), ariaLabel: `${index + 1} ${word}` });
      input.dataset.question = question.name;
      label.append(input, make("b", { textContent: String(index + 1) }), make("span", { textContent: word }));
      return label;
    }),
  );
  field.append(legend, row);
  return field;
}

async function send(card, form, fields, answer, questions, server, rated) {
  const answers = {};
  for (const input of form.querySelectorAll("input:checked")) answers[input.dataset.question] = Number(input.value);
  const missing = questions.filter((question) => !(question.name in answers)).map((question) => question.label);
  if (missing.length) return say(answer, "wrong", `Still to rate: ${missing.join(", ")}.`);
  fields.disabled = true;
  say(answer, "waiting", "Storing…");
  const reply = await server.rate({ ticket: card.ticket, session: sessionId(), answers }).catch(() => null);
  if (reply?.receipt) {
    form.classList.add("stored");
    const first = reply.repeated ? "You rated this sound before; your first rating is kept." : "Stored, thank you.";
    say(answer, "stored", `${first} Receipt ${reply.receipt}`);
    return rated();
  }
  fields.disabled = false;
  say(answer, "wrong", `Not stored: ${reply?.error ?? "the server did not answer; submit again"}.`);
}

function say(answer, state, text) {
  answer.dataset.state = state;
  answer.textContent = text;
}

// Random, kept until the tab is closed: a reload does not make a second listener of the first.
function sessionId() {
  const fresh = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    const id = sessionStorage.getItem("audiogan-session") ?? fresh();
    sessionStorage.setItem("audiogan-session", id);
    return id;
  } catch {
    return (sessionId.fallback ??= fresh()); // storage switched off: this page view is the session
  }
}

function hint(text) {
  return make("p", { className: "empty", textContent: text });
}

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
