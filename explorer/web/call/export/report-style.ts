/** The report's own stylesheet: it must look the same in a ticket, on paper, and in ten years. */
export const reportStyle = `
:root{color-scheme:light}
body{font:14px/1.45 system-ui,sans-serif;color:#17202a;max-width:980px;margin:24px auto;padding:0 16px;font-variant-numeric:tabular-nums}
h1{font-size:22px;margin:0 0 4px}h2{font-size:16px;margin:28px 0 8px;border-bottom:1px solid #dce2e8;padding-bottom:4px}h3{font-size:14px;margin:16px 0 4px}
.muted{color:#52606d}.verdict{padding:12px 14px;border-radius:6px;border:1px solid #dce2e8;margin:12px 0}
.class-poor{color:#b3212b}.class-degraded{color:#875200}.class-good{color:#0b6e5f}.class-unclassified{color:#566270}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:8px 0}dt{color:#52606d}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:12.5px}th,td{text-align:left;vertical-align:top;padding:3px 8px 3px 0;border-bottom:1px solid #eef2f6;overflow-wrap:anywhere}th{color:#52606d;font-weight:500}
.number{text-align:right}figure{margin:4px 0 10px;break-inside:avoid}figcaption{font-size:12.5px;margin-bottom:2px}
svg{width:100%;height:auto;display:block}.ground{fill:#f4f6f8}.line{fill:none;stroke:#1f57c8;stroke-width:1.4}
.shade-poor{fill:#cf3a42;opacity:.28}.shade-degraded{fill:#e09a22;opacity:.25}.hatch{fill:url(#hatch)}
.limit-poor{stroke:#b3212b;stroke-dasharray:4 3}.limit-degraded{stroke:#875200;stroke-dasharray:4 3}
.limit-text{font-size:9.5px;text-anchor:end}.limit-text-poor{fill:#b3212b}.limit-text-degraded{fill:#875200}.tick{font-size:9.5px;text-anchor:end;fill:#52606d}
.pattern{position:absolute;width:0;height:0}code{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.92em}
@media print{body{margin:0}}
`
