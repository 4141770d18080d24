// Who listens: a few questions with fixed answers. What is left open counts as what nobody has to say.

import { primary } from "./rate_buttons.js";
import { questionnaire } from "./rate_scale.js";
import { heading, paragraphs, screen } from "./rate_screens.js";
import { t } from "./rate_wording.js";

export function about(view, { next }) {
  const asked = questionnaire([view.questions], "about", () => {});
  const said = () => Object.fromEntries(Object.entries(asked.values()).map(([name, value]) => [name, value ?? ""]));
  const go = primary(t("Next"), () => next({ answers: said() }));
  const node = screen("about", heading(t("About you")), ...paragraphs(t("You need not answer: leave open what you would rather not say.")), asked.node, go);
  node.keys = (event) => {
    if (event.key === "Enter" && !event.target.closest("button, a, summary")) go.click();
    else if (!(/^[1-9]$/.test(event.key) && asked.press(event.key))) return;
    event.preventDefault();
  };
  return node;
}
