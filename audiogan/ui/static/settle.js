// A tab that is built once, and asks the server for nothing before it is first seen.

// `build(root)` answers an object whose `renew()` fetches what it shows.
export function settle(root, build) {
  if (root.childElementCount) return;
  const tab = build(root);
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    tab.renew();
  });
  observer.observe(root);
}
