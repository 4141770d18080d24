// About: what Gradio leaves unsaid of its cards to whoever hears them or has no mouse.

const CARD = ".gr-accordion > button";
const ADDRESS = /http:\/\/127\.0\.0\.1:7860/g; // what the server's snippets call, which does not know where it is read

export function mount({ element }) {
  const tab = element.closest("[role=tabpanel]");
  const tell = () => {
    for (const card of tab.querySelectorAll(CARD)) tellOpen(card);
    for (const table of tab.querySelectorAll(".prose table")) reach(table);
    for (const code of tab.querySelectorAll("pre code")) readdress(code, location.origin + location.pathname.replace(/\/$/, ""));
  };
  new MutationObserver(tell).observe(tab, { subtree: true, childList: true, attributeFilter: ["class"] });
  new ResizeObserver(tell).observe(tab);
}

function tellOpen(card) {
  card.ariaExpanded = card.classList.contains("open");
  card.lastElementChild.ariaHidden = true; // the arrow is no part of its name
}

// What scrolls sideways is reached by keys, too.
function reach(table) {
  if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
  else table.removeAttribute("tabindex");
}

// Snippets that run as they are, wherever the page is.
function readdress(code, address) {
  if (code.textContent.replace(ADDRESS, address) === code.textContent) return; // else each change would bring another
  const texts = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(ADDRESS, address);
}
