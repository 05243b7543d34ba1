//! The document around the blocks: its style sheet, its colours, and escaping.

/// Makes text safe for HTML, inside elements and inside quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            c => out.push(c),
        }
    }
    out
}

/// Returns the whole document.
pub(crate) fn document(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// The style sheet. The colours of the series are Okabe and Ito's palette, which stays apart for
/// colour-blind readers, made darker or lighter where the page asks for it. Curves differ by their
/// dashes too.
const STYLE: &str = "
:root{--page:#fbfaf7;--card:#ffffff;--ink:#1d1f23;--muted:#61656d;--grid:#e6e4de;--rule:#d9d6ce;
--s0:#0072b2;--s1:#d55e00;--s2:#009e73;--s3:#b0568c;--s4:#b58900;--s5:#4a9fd1;--s6:#5b5b5b}
@media (prefers-color-scheme:dark){:root{--page:#15171b;--card:#1c1f24;--ink:#e8e6e1;--muted:#a3a7ae;
--grid:#2f333a;--rule:#3a3f47;
--s0:#56b4e9;--s1:#f08a3c;--s2:#2fc79a;--s3:#dd8fbd;--s4:#e6c229;--s5:#8ec9ee;--s6:#b5b5b5}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.6 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',sans-serif;
-webkit-text-size-adjust:100%}
main{max-width:60rem;margin:0 auto;padding:3rem 1.5rem 5rem}
h1{font-size:2rem;line-height:1.2;letter-spacing:-.015em;margin:0 0 1rem;text-wrap:balance}
h2{font-size:1.25rem;line-height:1.3;margin:3rem 0 .75rem;padding-top:1.25rem;border-top:1px solid var(--rule)}
p{max-width:44rem;margin:0 0 1rem}
pre{overflow-x:auto;margin:1rem 0;padding:1rem 1.25rem;background:var(--card);border:1px solid var(--rule);
border-radius:10px;font:.85rem/1.5 ui-monospace,'DejaVu Sans Mono',monospace}
figure{margin:1.5rem 0;padding:1.25rem 1.25rem 1rem;background:var(--card);border:1px solid var(--rule);border-radius:10px}
figcaption{margin-bottom:.75rem}
figcaption b{display:block;font-size:1.05rem}
figcaption span{color:var(--muted);font-size:.9rem}
.wide{overflow-x:auto}
svg{display:block;width:100%;min-width:34rem;height:auto}
svg text{font-family:inherit;font-variant-numeric:tabular-nums}
svg text[font-weight=bold]{font-weight:600}
polyline{stroke-linejoin:round;stroke-linecap:round}
[stroke='var(--s1)']{stroke-dasharray:9 4}
[stroke='var(--s2)']{stroke-dasharray:2 5}
[stroke='var(--s3)']{stroke-dasharray:12 4 2 4}
[stroke='var(--s4)']{stroke-dasharray:5 5}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;list-style:none;margin:0 0 .5rem;padding:0;font-size:.9rem}
.legend li{display:flex;align-items:center;gap:.5rem}
.legend svg{width:34px;min-width:34px;height:8px}
table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums;margin:.5rem 0 1.25rem}
caption{text-align:left;color:var(--muted);padding-bottom:.4rem}
th,td{padding:.38rem 1.1rem .38rem 0;text-align:left;border-bottom:1px solid var(--grid);vertical-align:top}
thead th{color:var(--muted);font-weight:600;border-bottom-color:var(--rule);vertical-align:bottom}
tbody th{font-weight:500}
.n{text-align:right;white-space:nowrap}
details{margin-top:.75rem;font-size:.9rem;color:var(--muted)}
details table{color:var(--ink)}
summary{cursor:pointer;width:max-content}
summary:focus-visible{outline:2px solid var(--s0);outline-offset:3px}
.headlines{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:1rem;margin:1.5rem 0}
.headlines div{display:flex;flex-direction:column-reverse;justify-content:flex-end;padding:1rem 1.1rem;
background:var(--card);border:1px solid var(--rule);border-radius:10px}
.headlines dd{margin:0;font-size:1.75rem;font-weight:650;line-height:1.2;letter-spacing:-.02em;
font-variant-numeric:tabular-nums}
.headlines dt{color:var(--muted);font-size:.88rem;line-height:1.4;margin-top:.25rem}
@media print{body{background:none;font-size:11pt}main{max-width:none;padding:0}
figure,.headlines div{break-inside:avoid;border-color:#bbb}}
";
