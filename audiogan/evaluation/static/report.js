// One sound at a time: a button plays the audio inside it, and stops it when pressed again.
(() => {
  let current = null;
  const rest = (button) => {
    const audio = button.querySelector("audio");
    audio.pause();
    audio.currentTime = 0;
    button.dataset.state = "idle";
    if (current === button) current = null;
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.play");
    if (!button) return;
    const again = current === button;
    if (current) rest(current);
    if (again) return;
    const audio = button.querySelector("audio");
    audio.onended = () => rest(button);
    current = button;
    button.dataset.state = "playing";
    audio.play().catch(() => rest(button));
  });
})();
