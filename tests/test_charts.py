"""The report's line charts: round ticks, and lines inside the picture."""

import re

import numpy as np

from audiogan.evaluation import charts


class TestCharts:
    def test_ticks_are_round(self):
        assert charts._ticks(0, 8000) == [0, 2000, 4000, 6000, 8000]
        assert charts._ticks(-50, 0) == [-50, -40, -30, -20, -10, 0]

    def test_lines_stay_inside_the_picture(self):
        line = charts.Line("m", (0, 10, 20), (300.0, 100.0, 20.0), 0)
        svg = charts.progress([line], 12.0, "title", "steps", "distance")
        path = re.search(r'class="line" d="M([^"]+)"', svg)[1]
        points = np.array([[float(value) for value in pair.split()] for pair in path.split("L")])
        assert (points >= 0).all()
        assert (points[:, 0] <= charts.WIDTH).all()
        assert (np.diff(points[:, 1]) > 0).all()  # better is lower, and further down
        assert "real audio 12" in svg

    def test_a_distance_below_0_lies_at_the_bottom(self):
        svg = charts.progress([charts.Line("m", (0, 10, 20), (0.5, -0.01, 0.05), 0)], None, "title", "steps", "KAD")
        heights = [float(point.split()[1]) for point in re.search(r'class="line" d="M([^"]+)"', svg)[1].split("L")]
        assert len(heights) == 3
        assert heights[0] < heights[2] < heights[1] == charts.HEIGHT - charts.BOTTOM
