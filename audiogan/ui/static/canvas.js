// Canvases as sharp as the display, with up to three of its pixels to one of CSS.

// An empty canvas of a size in CSS pixels, its pen in the canvas's own pixels, and how many of those there are to one.
export function sized(canvas, width = canvas.clientWidth, height = canvas.clientHeight) {
  const scale = Math.min(globalThis.devicePixelRatio || 1, 3);
  const [columns, rows] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
  const pen = canvas.getContext("2d");
  pen.resetTransform();
  pen.clearRect(0, 0, columns, rows);
  return { pen, scale, width, height };
}
