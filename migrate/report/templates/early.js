document.documentElement.classList.add("js");
try {
  var kept = localStorage.getItem("cron2fargate-theme");
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
} catch (nothing) { /* a file opened from disk may have no storage */ }
