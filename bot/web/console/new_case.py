"""Open a case in two steps (find the child, name the team), and change the team later."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.errors import Conflict
from bot.service import case_team, open_case
from bot.web.console import console, runtime_and_now, viewer


@console.route("/open-case", methods=["GET", "POST"])
def find_child() -> str:
    """Find the child. The name goes in the body of a POST that changes nothing: an address with a name in it would stay in logs."""
    runtime, _ = runtime_and_now()
    wanted = request.form.get("wanted", "").strip()[:80] if request.method == "POST" else ""
    with runtime.database.read() as conn:
        found = open_case.find(conn, viewer(), wanted)
    return render_template("console/find_child.html", found=found, wanted=wanted, viewer=viewer())


@console.get("/open-case/<student_id>")
def name_team(student_id: str, refused: str = "", wish: open_case.Wish | None = None) -> str:
    runtime, now = runtime_and_now()
    with runtime.database.begin() as conn:
        child, adults, colleagues = open_case.child(conn, runtime, viewer(), student_id, now)
    me = viewer().staff_id if viewer().staff_id in {one.id for one in colleagues} else ""
    return render_template(
        "console/name_team.html",
        child=child,
        adults=adults,
        colleagues=colleagues,
        domains=open_case.DOMAINS,
        wish=wish or open_case.Wish(liaison_id=me),
        refused=refused,
        viewer=viewer(),
    )


@console.post("/open-case/<student_id>")
def begin_case(student_id: str) -> Response | tuple[str, int]:
    runtime, now = runtime_and_now()
    form = request.form
    wish = open_case.Wish(
        form.get("liaison_id", ""),
        form.get("lead_id", ""),
        tuple(form.getlist("team")),
        tuple(form.getlist("domains")),
        form.get("slack_channel", "").strip(),
    )
    try:
        with runtime.database.begin() as conn:
            code = open_case.open_case(conn, runtime, viewer(), student_id, wish, now)
    except Conflict as why:
        return name_team(student_id, refused=str(why), wish=wish), 409
    return redirect(url_for("console.case", code=code, done="opened"), 303)


@console.get("/cases/<code>/team")
def team(code: str, refused: str = "") -> str:
    runtime, now = runtime_and_now()
    with runtime.database.read() as conn:
        shown = case_team.read(conn, viewer(), code, now)
    return render_template("console/team.html", team=shown, refused=refused, viewer=viewer())


@console.post("/cases/<code>/team")
def change_team(code: str) -> Response | tuple[str, int]:
    """One change: somebody joins, somebody leaves, or who answers and who leads."""
    runtime, now = runtime_and_now()
    form = request.form
    try:
        with runtime.database.begin() as conn:
            if form.get("do") == "add":
                case_team.add(conn, runtime, viewer(), code, form.get("staff_id", ""), now)
            elif form.get("do") == "end":
                case_team.end(conn, runtime, viewer(), code, form.get("member_id", ""), now)
            else:
                case_team.name(conn, runtime, viewer(), code, form.get("liaison_id", ""), form.get("lead_id", ""), now)
    except Conflict as why:
        return team(code, refused=str(why)), 409
    return redirect(url_for("console.team", code=code), 303)
