"""The look of the flight deck in one place: colours, type and spacing, for its charts and its page.

The colours are from Okabe & Ito's palette for colour-blind readers, darkened where they are text. Nothing is
told by colour alone: the baseline is dashed, changes carry an arrow, a sign and a word.
"""

from typing import Any

INK = "#1f2933"
MUTED = "#5b6673"
RULE = "#d5dbe3"
NOW_COLOUR = "#0072b2"
BASELINE_COLOUR = "#3c3c3c"
BETTER = "#005a94"
WORSE = "#b34700"

BALANCE_COLOURS = {"points_liability": "#0072b2", "deferred_revenue": "#b34700", "rebates_owed": "#00805f"}

FONT = "DejaVu Sans"  # comes with matplotlib, so pictures are the same on every machine
TITLE_PT, TEXT_PT = 11.5, 10.5
FIGURE_INCHES, DOTS_PER_INCH = (9.6, 6.4), 100
MARGINS = {"left": 0.068, "right": 0.985, "bottom": 0.088, "top": 0.89, "wspace": 0.19, "hspace": 0.52}
MIDDLE = 0.51  # of the page: labels of a chart on the left end before it, those on the right begin after it

NOW: dict[str, Any] = {"color": NOW_COLOUR, "linewidth": 2.4}
BASELINE: dict[str, Any] = {"color": BASELINE_COLOUR, "linewidth": 1.5, "linestyle": (0, (4, 2.5))}

CSS = f"""
.crm-deck {{ container-type: inline-size; color: {INK}; padding: 2px 0; --jp-widgets-font-size: 12px;
  --jp-widgets-inline-height: 26px; --jp-widgets-margin: 0; }}
.crm-deck .widget-box {{ overflow: visible; }}
.crm-deck .widget-html-content {{ line-height: 18px; }}

.crm-deck .crm-bar {{ display: flex; flex-wrap: wrap; gap: 6px; align-items: center; padding-bottom: 8px; }}
.crm-deck .crm-bar > * {{ width: auto; }}
.crm-deck .crm-bar .widget-label {{ width: auto; margin-right: 5px; color: {MUTED}; }}
.crm-deck .crm-bar select {{ width: 115px; }}
.crm-deck .crm-seed input {{ width: 62px; }}
.crm-deck .crm-file input {{ width: 140px; }}
.crm-deck .crm-gap {{ flex: 1 1 0; }}

.crm-deck .crm-body {{ display: grid; grid-template-columns: 288px minmax(0, 1fr); gap: 12px; }}
.crm-deck .crm-levers {{ max-height: max(480px, calc(100vh - 165px)); }}
.crm-deck .crm-grid {{ display: grid; flex: none; width: auto; padding-bottom: 8px; gap: 3px;
  grid-template-columns: 74px repeat(3, minmax(0, 1fr)); align-items: center; }}
.crm-deck .crm-axis {{ width: auto; }}
.crm-deck .crm-axis .widget-html-content {{ font-size: 11px; line-height: 14px; color: {MUTED};
  white-space: normal; }}
.crm-deck .crm-grid > .crm-axis:nth-child(-n+4) {{ text-align: center; }}
.crm-deck .crm-cell-button {{ width: auto; height: 34px; padding: 0; font-size: 11px; line-height: 14px;
  white-space: pre-line; color: {INK}; background: white; border: 1px solid {RULE}; border-radius: 5px; }}
.crm-deck .crm-cell-button.crm-rest {{ grid-column: 1 / -1; height: 26px; }}
.crm-deck .crm-cell-button.crm-open {{ border-color: {NOW_COLOUR}; box-shadow: 0 0 0 2px {NOW_COLOUR}; }}
.crm-deck .crm-cell-button:focus-visible {{ outline: 2px solid {INK}; outline-offset: 1px; }}
.crm-deck .crm-panel {{ display: block; flex: 0 1 auto; min-height: 0; padding-right: 8px;
  overflow: hidden auto; scrollbar-width: thin; }}
.crm-deck .crm-heading {{ width: auto; border-bottom: 1px solid {RULE}; margin-bottom: 2px; }}
.crm-deck .crm-heading .widget-html-content {{ font-size: 11px; font-weight: 600; color: {MUTED};
  letter-spacing: .03em; }}
.crm-deck .crm-lever {{ display: grid; grid-template-columns: minmax(0, 1fr) 74px; gap: 8px; align-items: end;
  height: auto; min-height: 44px; }}
.crm-deck .crm-lever.crm-wide {{ grid-template-columns: minmax(0, 1fr); }}
.crm-deck .crm-lever > * {{ width: auto; }}
.crm-deck .crm-lever > :first-child {{ display: flex; flex-wrap: wrap; height: auto; overflow: visible; }}
.crm-deck .crm-lever > :first-child > .widget-label {{ flex: none; width: calc(100% + 82px); height: auto;
  margin: 0; line-height: 18px; text-align: left; white-space: normal; overflow: visible; }}
.crm-deck .crm-lever.crm-wide > :first-child > .widget-label {{ width: 100%; }}
.crm-deck .crm-lever .slider-container {{ display: flex; align-items: center; height: 24px; margin: 0 8px; }}
.crm-deck .crm-lever .slider {{ flex: 1; margin: 0; }}
.crm-deck .crm-lever select, .crm-deck .crm-lever input {{ height: 24px; }}
.crm-deck .crm-unit {{ color: {MUTED}; font-size: 10.5px; padding-left: 5px; }}
.crm-deck .jupyter-widget-Collapse-header {{ padding: 3px 8px; font-size: 12px; }}
.crm-deck .jupyter-widget-Collapse-contents {{ padding: 6px 3px 6px 5px; background: none; }}

.crm-deck .crm-view {{ display: block; min-width: 0; }}
.crm-deck .crm-tiles {{ display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 6px; }}
.crm-deck .crm-tile {{ width: auto; border: 1px solid {RULE}; border-radius: 6px; padding: 5px 6px; }}
.crm-deck .crm-tile .widget-html-content {{ line-height: 15px; font-size: 11px; color: {MUTED}; }}
.crm-deck .crm-tile b {{ font-size: 12px; color: {INK}; }}
.crm-deck .crm-tile span, .crm-deck .crm-tile small {{ display: inline-block; white-space: nowrap; }}
.crm-deck .crm-figure {{ font-size: 20px; line-height: 26px; font-weight: 600; color: {INK};
  font-variant-numeric: tabular-nums; }}
.crm-deck .crm-figure small {{ font-size: 11px; line-height: 15px; font-weight: 400; color: {MUTED}; }}
.crm-deck .crm-change {{ font-size: 10.7px; font-weight: 600; font-variant-numeric: tabular-nums; }}
.crm-deck .crm-better {{ color: {BETTER}; }}
.crm-deck .crm-worse, .crm-deck .crm-error {{ color: {WORSE}; }}
.crm-deck .crm-error {{ font-weight: 600; }}
.crm-deck .crm-caption, .crm-deck .crm-status {{ width: auto; min-height: 18px; }}
.crm-deck .crm-caption {{ margin-top: 6px; }}
.crm-deck .crm-caption .widget-html-content {{ color: {MUTED}; }}
.crm-deck .crm-charts {{ display: block; width: auto; height: auto; max-width: 100%;
  max-height: max(380px, calc(100vh - 305px)); margin: 2px auto 0; }}
.crm-deck.crm-busy .crm-charts {{ opacity: .4; transition: opacity .2s .6s; }}

.crm-deck .crm-tools {{ display: grid; flex: none; grid-template-columns: 1fr 1fr; gap: 4px; width: auto;
  padding: 0 8px 8px 0; }}
.crm-deck .crm-tool {{ width: auto; height: 32px; color: {INK}; background: white; border: 1px solid {RULE};
  border-radius: 5px; }}
.crm-deck .crm-tool.mod-active {{ color: white; background: {NOW_COLOUR}; border-color: {NOW_COLOUR};
  box-shadow: none; font-weight: 600; }}
.crm-deck .crm-tool.mod-active::before {{ content: "✓ "; }}
.crm-deck .crm-tool:focus-visible {{ outline: 2px solid {INK}; outline-offset: 1px; }}
.crm-deck .crm-pages {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(245px, 1fr)); gap: 8px;
  align-items: start; margin-top: 4px; }}
.crm-deck .crm-pages > * {{ width: auto; border: 1px solid {RULE}; border-radius: 6px; padding: 6px 8px; }}
.crm-deck .crm-plan .crm-status {{ min-height: 36px; }}
.crm-deck .crm-books, .crm-deck .crm-charted {{ display: block; }}
.crm-deck .crm-books > *, .crm-deck .crm-charted > * {{ width: auto; }}
.crm-deck .crm-charted {{ margin-top: 6px; }}
.crm-deck .crm-page-customer td, .crm-deck .crm-page-customer thead th {{ width: 19%; }}
.crm-deck .crm-page .widget-html-content {{ font-size: 11.5px; line-height: 15px; color: {INK}; }}
.crm-deck .crm-page h3 {{ font-size: 13px; line-height: 17px; margin: 0 0 4px; color: {INK}; }}
.crm-deck .crm-page h3 small {{ display: block; line-height: 14px; }}
.crm-deck .crm-page small {{ font-size: 10.5px; font-weight: 400; color: {MUTED}; }}
.crm-deck .crm-page p {{ font-size: 10.5px; line-height: 14px; margin: 5px 0 0; color: {MUTED}; }}
.crm-deck .crm-page table {{ width: 100%; margin: 0; border-collapse: collapse; font-size: inherit;
  font-variant-numeric: tabular-nums; }}
.crm-deck .crm-page tr, .crm-deck .crm-page tbody tr:nth-child(odd) {{ background: none; }}
.crm-deck .crm-page th, .crm-deck .crm-page td {{ padding: 1px 0 2px 6px; text-align: right;
  vertical-align: baseline; white-space: nowrap; max-width: none; border: 0; }}
.crm-deck .crm-page thead th {{ font-weight: 400; color: {MUTED}; }}
.crm-deck .crm-page tbody tr {{ border-top: 1px solid {RULE}; }}
.crm-deck .crm-page th[scope=row] {{ padding-left: 0; text-align: left; white-space: normal;
  font-weight: 400; }}
.crm-deck .crm-page th[scope=row] small {{ display: block; line-height: 13px; }}
.crm-deck .crm-page-accountant th[scope=row] small {{ display: inline; }}
.crm-deck .crm-page .crm-part th {{ text-align: left; padding: 6px 0 2px; font-weight: 600; color: {MUTED}; }}
.crm-deck .crm-page td > span {{ font-weight: 600; }}
.crm-deck .crm-page .crm-better small {{ color: {BETTER}; }}
.crm-deck .crm-page .crm-worse small {{ color: {WORSE}; }}
.crm-deck .crm-legend .widget-html-content {{ font-size: 11px; line-height: 15px; font-weight: 600; }}
.crm-deck .crm-legend span {{ display: inline-block; white-space: nowrap; margin-right: 6px; }}
.crm-deck .crm-accounts {{ display: block; width: 100%; height: auto; }}
.crm-deck.crm-busy .crm-pages {{ opacity: .4; transition: opacity .2s .6s; }}

@container (max-width: 950px) {{
  .crm-deck .crm-tile {{ padding: 4px 5px; }}
  .crm-deck .crm-tile .widget-html-content {{ font-size: 10.5px; }}
  .crm-deck .crm-tile b {{ font-size: 11.5px; }}
  .crm-deck .crm-figure {{ font-size: 18px; line-height: 22px; }}
  .crm-deck .crm-figure small {{ display: block; font-size: 10.5px; }}
  .crm-deck .crm-change span {{ display: block; }}
  .crm-deck .crm-status {{ min-height: 36px; }}
}}
@container (min-width: 1300px) {{
  .crm-deck .crm-body, .crm-deck .crm-bar {{ --jp-widgets-font-size: 14px; }}
  .crm-deck .crm-body {{ grid-template-columns: 350px minmax(0, 1fr); }}
  .crm-deck .crm-grid {{ grid-template-columns: 90px repeat(3, minmax(0, 1fr)); }}
  .crm-deck .crm-axis .widget-html-content {{ font-size: 13px; line-height: 16px; }}
  .crm-deck .crm-cell-button {{ height: 38px; font-size: 13px; line-height: 16px; }}
  .crm-deck .crm-heading .widget-html-content {{ font-size: 13px; }}
  .crm-deck .crm-unit {{ font-size: 12px; }}
  .crm-deck .crm-tile .widget-html-content {{ font-size: 13px; line-height: 18px; }}
  .crm-deck .crm-tile b {{ font-size: 15px; }}
  .crm-deck .crm-figure {{ font-size: 27px; line-height: 34px; }}
  .crm-deck .crm-figure small {{ font-size: 14px; }}
  .crm-deck .crm-change {{ font-size: 14px; }}
  .crm-deck .crm-charts {{ max-height: max(380px, calc(100vh - 325px)); }}
  .crm-deck .crm-tool {{ height: 36px; }}
  .crm-deck .crm-page .widget-html-content {{ font-size: 14px; line-height: 17px; }}
  .crm-deck .crm-page h3 {{ font-size: 15px; line-height: 20px; }}
  .crm-deck .crm-page small, .crm-deck .crm-page p {{ font-size: 12px; line-height: 15px; }}
  .crm-deck .crm-legend .widget-html-content {{ font-size: 12px; }}
}}
@container (max-width: 640px) {{
  .crm-deck .crm-body {{ grid-template-columns: minmax(0, 1fr); }}
  .crm-deck .crm-levers {{ display: grid; grid-template-columns: 272px minmax(0, 1fr); gap: 8px;
    max-height: none; }}
  .crm-deck .crm-grid {{ grid-template-columns: 68px repeat(3, minmax(0, 1fr)); gap: 2px; }}
  .crm-deck .crm-panel {{ height: 168px; }}
}}
"""
