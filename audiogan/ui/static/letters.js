// What stands on the computer's keys: the page listens to where a key is, and calls it what is printed on it there.

let reading = null;
let printed = new Map();

// Asks the browser which keyboard this is, then calls back; browsers that do not say leave the American one.
export async function readLetters(show) {
  reading ??= Promise.resolve(navigator.keyboard?.getLayoutMap()).catch(() => null);
  printed = (await reading) ?? printed;
  show();
}

// The name of a key by its code, as KeyQ; a digit is one whatever it takes to type it.
export function letterOf(code) {
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  return digit ?? printed.get(code)?.toUpperCase() ?? code.replace("Key", "");
}
