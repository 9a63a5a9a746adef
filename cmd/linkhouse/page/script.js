// Asks for what changes while somebody looks: what runs now every two seconds, all of the page when a run began or ended, and
// now and then. Without it the page asks again as a whole.
(() => {
  const every = 2000, all = 10000;
  let whole = Date.now(), busy = false;
  const read = async (url) => {
    const answer = await fetch(url, { cache: "no-store", credentials: "same-origin" });
    if (!answer.ok && answer.status !== 503) throw new Error(answer.status);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };
  const put = (doc) => {
    for (const fresh of doc.querySelectorAll("[data-part]")) {
      const old = document.getElementById(fresh.id);
      if (!old) continue;
      for (const open of old.querySelectorAll("details[open]")) {
        const same = open.id && doc.getElementById(open.id);
        if (same) same.open = true;
      }
      const at = document.activeElement, focus = old.contains(at) ? at.id : "";
      if (old.isEqualNode(fresh) || (old.contains(at) && !focus)) continue;
      old.replaceWith(document.adoptNode(fresh));
      if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    }
    if (doc.title) document.title = doc.title;
    if (doc.body.dataset.live !== undefined) document.body.dataset.live = doc.body.dataset.live;
  };
  const tick = async () => {
    const live = document.body.dataset.live;
    if (busy || document.hidden || !live) return;
    busy = true;
    try {
      const before = document.getElementById("now")?.dataset.key;
      put(await read(live));
      const now = document.getElementById("now")?.dataset.key;
      if (before !== now || (now !== undefined && Date.now() - whole > all)) {
        whole = Date.now();
        put(await read(location.href));
      }
      document.getElementById("gone").hidden = true;
    } catch {
      document.getElementById("gone").hidden = false;
    }
    busy = false;
  };
  setInterval(tick, every);
  document.addEventListener("visibilitychange", tick);
})();
