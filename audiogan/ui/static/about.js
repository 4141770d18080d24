// About: what Gradio leaves unsaid of its cards to whoever hears them or has no mouse.

const CARD = ".gr-accordion > button";

export function mount({ element }) {
  const tab = element.closest("[role=tabpanel]");
  const tell = () => {
    for (const card of tab.querySelectorAll(CARD)) tellOpen(card);
    for (const table of tab.querySelectorAll(".prose table")) reach(table);
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
