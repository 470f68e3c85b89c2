// Runs before the first paint (a plain script in the head, no module), or a dark page would flash white.
try {
  document.documentElement.dataset.theme = localStorage.getItem('callscope.theme') ?? 'system'
} catch {
  document.documentElement.dataset.theme = 'system'
}
