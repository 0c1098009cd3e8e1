// Before anything is drawn: light, dark, or as the system; and whether the navigation is folded.
(() => {
  try {
    const root = document.documentElement;
    const theme = localStorage.getItem("theme");
    if (theme) root.dataset.theme = theme;
    if (localStorage.getItem("nav") === "collapsed") root.dataset.nav = "collapsed";
  } catch { /* a browser that keeps nothing shows the system's */ }
})();
