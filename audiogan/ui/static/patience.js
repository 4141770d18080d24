// Waiting: for a while, and for an answer no longer than that.

export function pause(milliseconds) {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}

// What is promised; rejected where it takes longer.
export function inTime(promise, milliseconds) {
  return Promise.race([promise, pause(milliseconds).then(() => Promise.reject(new Error("too late")))]);
}
