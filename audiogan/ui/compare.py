"""Compare: real sounds beside each model's, for one label."""

from collections.abc import Sequence

import gradio as gr

from audiogan.synthesis import Synthesizer
from audiogan.ui import evaluated, scripts
from audiogan.ui.evaluated import REAL, Evaluation
from audiogan.ui.fields import field, parse_seed
from audiogan.ui.gate import Gate, guarded
from audiogan.ui.library import Library
from audiogan.ui.places import line_of
from audiogan.ui.sounds import pcm_text
from audiogan.ui.visitors import visitor

CLIPS = 2


def build(library: Library, gate: Gate) -> gr.HTML:
    """The tab's contents, drawn by `static/compare.js`."""
    comparison = Comparison(library, evaluated.load(library.folder))

    async def clips(request: dict, http: gr.Request) -> dict:
        return await gate.serve(comparison.clips, request, await visitor(http))

    async def scores(request: dict, http: gr.Request) -> dict:
        return await gate.serve(comparison.scores, request, await visitor(http))

    return gr.HTML(
        html_template='<div class="compare"></div>',
        js_on_load=scripts.mounting("compare.js"),
        apply_default_css=False,
        elem_id="compare",
        server_functions=[clips, scores, line_of(gate)],
        labels=comparison.labels,
        systems=comparison.systems,
        sources=comparison.sources,
        real=REAL,
    )


class Comparison:
    """Answers the tab's requests, or replies `{"error": one sentence}`.

    Of several evaluations, a label uses the first that has real clips of it.

    Attributes:
        labels: every label of a model or of the real clips, in order.
        systems: names of the systems by label: real clips, if there are any, then the models, best first.
        sources: origin of the real clips of each label.
    """

    def __init__(self, library: Library, evaluations: Sequence[Evaluation]):
        self._library, self._evaluations = library, tuple(evaluations)
        self._of_label: dict[str, Evaluation] = {}
        for one in self._evaluations:
            self._of_label |= {label: one for label in one.clips if label not in self._of_label}
        self.sources = {label: one.source for label, one in self._of_label.items()}
        of_models = [label for entry in library for label in entry.synthesizer.labels]
        self.labels = list(dict.fromkeys((*self._of_label, *of_models)))
        self.systems = {label: self._systems(label) for label in self.labels or [""]}

    @guarded
    def clips(self, request: dict) -> dict:
        """`{"sounds": [PCM16 as base64], "sample_rate": Hz}` of one system: `{system, label, seed}`."""
        system, label, seed = (field(request, name) for name in ("system", "label", "seed"))
        if system == REAL and self._of_label:
            if not isinstance(label, str) or label not in self._of_label:
                raise ValueError(f"label must be one that has real clips, not {label!r}")
            audio, sample_rate = self._of_label[label].real(label)
        else:
            synthesizer = self._library.get(system).synthesizer
            audio, sample_rate = _generate(synthesizer, label, parse_seed(seed)), synthesizer.sample_rate
        return {"sounds": [pcm_text(clip) for clip in audio], "sample_rate": sample_rate}

    @guarded
    def scores(self, request: dict) -> dict:
        """`{"rows": ..., "sentences": by model}` of a label: `{label}`; empty without an evaluation."""
        label = field(request, "label")
        if label is not None and label not in self.labels:
            raise ValueError(f"label must be one of {', '.join(self.labels)}, not {label!r}")
        evaluation = self._evaluation(label)
        if evaluation is None:
            return {"rows": [], "sentences": {}}
        models = [name for name in self.systems.get(label or "", ()) if name != REAL]
        sentences = {model: evaluation.sentences(model, label or "") for model in models}
        return {"rows": evaluation.rows(label or "", models), "sentences": sentences}

    def _evaluation(self, label: str | None) -> Evaluation | None:
        """That which speaks of a label."""
        return self._of_label.get(label, next(iter(self._evaluations), None))

    def _systems(self, label: str) -> list[str]:
        """Those that know a label; a model without labels takes part in all."""
        synthesizers = [entry.synthesizer for entry in self._library]
        models = [one.name for one in synthesizers if not one.labels or label in one.labels]
        evaluation = self._evaluation(label)
        real = [REAL] if label in self._of_label else []
        return real + (evaluation.best_first(models) if evaluation else models)


def _generate(synthesizer: Synthesizer, label: str | None, seed: int):
    """Clips of a label; of any kind, from a model without labels."""
    return synthesizer.generate(CLIPS, seed, label if synthesizer.labels else None)
