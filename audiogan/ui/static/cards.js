// Cards: a player, a picture, an identity and a download for each sound.
// Text from the server reaches the page through textContent and properties only.

let playing = null;

export function mount({ element, props, watch }) {
  const list = element.querySelector(".cards");
  const show = () => {
    playing?.pause();
    const cards = props.value ?? [];
    list.dataset.count = cards.length;
    list.replaceChildren(...(cards.length ? cards.map((card) => buildCard(card, props)) : [hint(props.empty)]));
  };
  watch("value", show);
  show();
}

function buildCard(card, props) {
  const audio = make("audio", { src: card.sound.url, preload: "auto" });
  const article = make("article", { className: "card", ariaLabel: `${card.title}, ${card.detail}` });
  article.append(header(card, audio), picture(card, audio, props.plot), audio);
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

function hint(text) {
  return make("p", { className: "empty", textContent: text });
}

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
