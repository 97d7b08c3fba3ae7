"""The page in a browser: what lights up when something is pointed at, and that formulas have the shape they should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest
from test_html_page import hostile_derivation

import bpgen
from bpgen.emit.html import html
from bpgen.emit.latex_document import build_document

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed to open the page in")

# Lines of code are told by the file's pane and their number, equations by their id.
HELPERS = """
const lines = (key) => [...document.querySelectorAll(`#${key} .code span`)];
const litLines = (key) => lines(key).flatMap((line, n) => line.closest(".lit") ? [n + 1] : []);
const litEquations = () => [...document.querySelectorAll("[id^=eq-].lit")].map((e) => e.id);
const seen = () => ({ numpy: litLines("numpy"), c: litLines("c"), equations: litEquations() });
const over = (e) => e.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const equation = (n) => document.getElementById(`eq-${n}`);
"""


def ask(page: str, script: str, folder: Path):
    """What the script makes of the page, run in the browser when the page is there."""
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)  # which lets no other script run
    asked = f"{HELPERS}\nconst answer = (() => {{ {script} }})();\n"
    asked += 'const shown = document.createElement("pre"); shown.id = "answer"; document.body.append(shown);\n'
    asked += "shown.textContent = JSON.stringify(answer);"
    path = folder / "page.html"
    path.write_text(page.replace("</body>", f"<script>{{ {asked} }}</script></body>"), encoding="utf-8")
    return answer_of(path, folder)


def answer_of(path: Path, folder: Path, *options: str):
    """What stands in the page's element `answer` when it is there."""
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
               "--virtual-time-budget=2000", *options, "--dump-dom", path.as_uri()]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, check=True, text=True, encoding="utf-8", timeout=120).stdout
    found = re.search(r'<pre id="answer">(.*?)</pre>', shown, re.DOTALL)
    assert found, shown[-2000:]
    return json.loads(unescape(found[1]))


def spans_of(name: str):
    """Target -> the spans of its one file that computes something."""
    found = {}
    for target in ("numpy", "c"):
        ((_, found[target]),) = bpgen.generate(EXAMPLES / f"{name}.toml", target=target).trace.items()
    return found


def page_of(name: str) -> str:
    return bpgen.derive(EXAMPLES / f"{name}.toml").html()


@pytest.fixture(scope="module", params=["gated_unit", "char_gru", "mlp_2331"])
def example(request):
    return bpgen.derive(EXAMPLES / f"{request.param}.toml"), spans_of(request.param)


def computing(spans, *numbers: int) -> list[int]:
    """The lines that compute any of these equations, by the source map alone."""
    wanted = set(numbers)
    return [line for span in spans if wanted & set(span.numbers) for line in range(span.first, span.last + 1)]


def numbered(ids: list[str]) -> list[int]:
    return sorted(int(found[1]) for text in ids if (found := re.fullmatch(r"eq-(\d+)", text)))


def test_an_equation_lights_the_lines_that_compute_it(example, tmp_path):
    proof, spans = example
    numbers = [equation.number for equation in proof.equations]
    script = f"return {json.dumps(numbers)}.map((n) => {{ over(equation(n)); return seen(); }});"
    for number, lit in zip(numbers, ask(proof.html(), script, tmp_path), strict=True):
        assert number in numbered(lit["equations"])
        for target in ("numpy", "c"):
            expected = computing(spans[target], number)
            assert set(expected) <= set(lit[target]), (number, target)
            if numbered(lit["equations"]) == [number]:
                assert lit[target] == expected, (number, target)


@pytest.mark.parametrize("name", ["mlp_2331", "transformer"])
def test_an_equation_of_several_layers_lights_the_lines_of_each(name, tmp_path):
    """The equation as a whole the lines of all its layers, one of its numbers those of that one; and back."""
    proof, spans = bpgen.derive(EXAMPLES / f"{name}.toml"), spans_of(name)
    rows = build_document(proof.derivation, "index", steps=False, full=False).rows
    stated = [[int(m.tag) for m in row.members] for row in rows if row.members and row.members[0].tag.isdecimal()]
    assert any(len(numbers) > 1 for numbers in stated)
    script = f"""
        const found = [];
        for (const numbers of {json.dumps(stated)}) {{
            const row = equation(numbers[0]).closest(".eq");
            over(row); found.push([seen(), row.dataset.n.split(" ").map(Number)]);
            for (const n of numbers) {{ over(equation(n)); found.push([seen(), row.classList.contains("lit")]); }}
        }}
        return found;
    """
    shown = iter(ask(proof.html(), script, tmp_path))
    for numbers in stated:
        lit, of_row = next(shown)
        assert set(of_row) == set(numbers) <= set(numbered(lit["equations"]))
        for target in ("numpy", "c"):
            assert lit[target] == computing(spans[target], *numbers), (numbers, target)
        for number in numbers:
            lit, row_is_lit = next(shown)
            assert row_is_lit
            assert number in numbered(lit["equations"])
            assert set(numbered(lit["equations"])) & set(numbers) == {number}
            for target in ("numpy", "c"):
                assert lit[target] == computing(spans[target], number), (number, target)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_a_line_lights_its_equations(example, target, tmp_path):
    proof, spans = example
    chosen = [(line, span.numbers) for span in spans[target] for line in {span.first, span.last}]
    script = f"""
        const found = lines("{target}");
        return {json.dumps([line for line, _ in chosen])}.map((n) => {{ over(found[n - 1]); return seen(); }});
    """
    for (line, numbers), lit in zip(chosen, ask(proof.html(), script, tmp_path), strict=True):
        assert numbered(lit["equations"]) == sorted(numbers)
        for other in ("numpy", "c"):
            assert lit[other] == computing(spans[other], *numbers), (line, other)


def test_a_line_that_computes_nothing_lights_nothing(tmp_path):
    script = "over(equation(1)); const before = seen(); over(lines('c')[0]); return [before, seen()];"
    before, behind = ask(page_of("xor"), script, tmp_path)
    assert before["c"]
    assert behind == {"numpy": [], "c": [], "equations": []}


def test_keys_and_clicks_light_and_keep(tmp_path):
    proof, spans = bpgen.derive(EXAMPLES / "xor.toml"), spans_of("xor")
    last = proof.equations[-1].number
    script = f"""
        const found = [];
        equation(1).focus(); found.push(seen());
        press("Enter"); over(equation({last})); found.push(seen());
        press("Escape"); found.push(seen());
        equation({last}).click(); over(equation(1)); found.push(seen());
        equation({last}).click(); found.push(seen());
        return found;
    """
    focused, kept, let_go, clicked, again = ask(proof.html(), script, tmp_path)
    assert focused["numpy"] == computing(spans["numpy"], 1)
    assert kept == focused
    assert let_go == again == {"numpy": [], "c": [], "equations": []}
    assert last in numbered(clicked["equations"])
    assert set(computing(spans["c"], last)) <= set(clicked["c"])


def test_a_symbol_in_a_formula_is_a_link(tmp_path):
    script = """
        const link = document.querySelector("#chain math [href]");
        link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
        return [link.getAttribute("href"), location.hash, document.body.classList.contains("pinned")];
    """
    wanted, reached, kept = ask(page_of("gated_unit"), script, tmp_path)
    assert reached == wanted != ""
    assert not kept


def test_hostile_names_run_nothing(tmp_path):
    script = "return [document.images.length, document.querySelectorAll('[onerror]').length, document.title];"
    images, handlers, title = ask(html(hostile_derivation()), script, tmp_path)
    assert (images, handlers) == (0, 0)
    assert "<script>alert(1)" in title


def test_formulas_have_their_shapes(tmp_path):
    """Limits stand above and below, a script lies beside, brackets of cases span both lines, fonts differ."""
    script = r"""
        const box = (e) => e.getBoundingClientRect();
        const sums = [...document.querySelectorAll(".eq munderover")].filter((e) => box(e).height > 0);
        const stacked = sums.every((e) => box(e.children[2]).bottom <= box(e.children[0]).top + 2
            && box(e.children[1]).top >= box(e.children[0]).bottom - 2);
        const braces = [...document.querySelectorAll(".eq mo")].filter((e) => e.textContent === "{");
        const spans = braces.every((e) => box(e).height >= 0.9 * box(e.parentElement.querySelector("mtable")).height);
        const fractions = [...document.querySelectorAll(".eq mfrac")].filter((e) => box(e).height > 0);
        const over = fractions.every((e) => box(e.children[0]).bottom <= box(e.children[1]).top);
        return [sums.length, stacked, braces.length, spans, fractions.length, over];
    """
    sums, stacked, braces, spans, fractions, above = ask(page_of("gated_unit"), script, tmp_path)
    assert min(sums, braces, fractions) > 0
    assert (stacked, spans, above) == (True, True, True)


def test_equations_out_of_sight_are_shown_beside_the_line(tmp_path):
    """Without leaving the place on the page."""
    spans = spans_of("xor")["numpy"]
    span = next(span for span in spans if len(span.numbers) == 1 and span.numbers[0] > 5)
    script = f"""
        const peek = document.getElementById("peek");
        const before = peek.hidden;
        over(lines("numpy")[{span.first - 1}]);
        return [before, peek.hidden, peek.textContent, equation({span.numbers[0]}).textContent, scrollY];
    """
    before, behind, shown, stated, place = ask(page_of("xor"), script, tmp_path)
    assert (before, behind, place) == (True, False, 0)
    assert f"({span.numbers[0]})" in shown
    assert "".join(shown.split()) == "".join(stated.split()) != ""


def ask_framed(style: str, script: str, folder: Path):
    """What the script makes of the example in a frame of that style; `inner` is the frame's window."""
    (folder / "inner.html").write_text(page_of("digits_mlp"), encoding="utf-8")
    measure = f"""<script>onload = () => setTimeout(() => {{
        const inner = document.querySelector("iframe").contentWindow;
        const answer = (() => {{ {script} }})();
        document.body.innerHTML = `<pre id="answer">${{JSON.stringify(answer)}}</pre>`; }}, 300);</script>"""
    path = folder / "outer.html"
    frame = f'<iframe style="border:0;{style}" src="inner.html"></iframe>'
    path.write_text(f"<!DOCTYPE html><body>{frame}{measure}</body>", encoding="utf-8")
    return answer_of(path, folder, "--allow-file-access-from-files")


@pytest.mark.parametrize("width", [360, 800, 1500])
def test_the_page_is_no_wider_than_the_window(width, tmp_path):
    script = "return inner.document.documentElement.scrollWidth;"
    assert ask_framed(f"width:{width}px;height:900px", script, tmp_path) <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_dark(scheme, tmp_path):
    """4.5 to 1, as the guidelines for accessible content have it; on lit equations and lines too."""
    script = """
        const style = (e) => inner.getComputedStyle(e);
        const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
        const light = (colour) => {
            const [r, g, b] = channels(colour).map((c) => c / 255).map(
                (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const own = (e) => style(e).backgroundColor;
        const behind = (e) => channels(own(e))[3] === 0 ? behind(e.parentElement) : own(e);
        const contrast = (e) => {
            const [low, high] = [light(style(e).color), light(behind(e))].sort((a, b) => a - b);
            return (high + 0.05) / (low + 0.05);
        };
        const page = inner.document;
        page.getElementById("eq-9").click();
        const chosen = ["h1", "p", "a", ".tag", "summary", ".code span", ".code .c",
                        ".eq.lit", ".eq.lit .tag", ".code .lit span"];
        return [light(behind(page.body)), chosen.map((name) => contrast(page.querySelector(name)))];
    """
    paper, contrasts = ask_framed(f"color-scheme:{scheme};width:1400px;height:900px", script, tmp_path)
    assert paper > 0.9 if scheme == "light" else paper < 0.05
    assert min(contrasts) >= 4.5, contrasts
