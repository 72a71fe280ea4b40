"""What a tool returns: a consultation put into the reply's shape, with empty fields left out."""

from collections.abc import Mapping
from typing import Any

from training_router.prompts.skills import Skill
from training_router.server.arguments import consultation_of, plain_text
from training_router.server.diagnosis.case import written
from training_router.server.diagnosis.consultation import WEIGHTLESS, Consultation, flips
from training_router.server.diagnosis.decision import ASK, OUT_OF_SCOPE, first_specialist
from training_router.server.diagnosis.differential import Candidate, Issue
from training_router.server.diagnosis.draft import BypassStep, judged
from training_router.server.diagnosis.findings import ABSENT, ANSWERED, PRESENT, RANK, RESEMBLED
from training_router.server.diagnosis.plan import crossed_borders
from training_router.server.diagnosis.pressure import PressureRead, pressures_in
from training_router.server.diagnosis.questions import possible_options
from training_router.server.diagnosis.settled import Settled
from training_router.taxonomy.entries import Library

READ_AT_MOST, CANDIDATES_AT_MOST, FULL_CANDIDATES = 8, 3, 15


def clarified(consultation: Consultation, library: Library, dropped: list[str], full: bool) -> dict[str, Any]:
    """The reply of `clarify`."""
    return _filled(_common(consultation, library, dropped, full, why=True))


def routed(consultation: Consultation, library: Library, dropped: list[str], full: bool, skills: Mapping[str, Skill]) -> dict[str, Any]:
    """The reply of `route`; a step carries the address of its specialist where that skill is served."""
    decision = consultation.decision
    reply = _common(consultation, library, dropped, full, why=full)
    reply["provisional"] = decision.status == ASK and bool(decision.plan)
    reply["plan"] = [
        _filled(
            {
                "specialist": step.specialist,
                "uri": skills[step.specialist].uri if step.specialist in skills else "",
                "phase": step.phase,
                "role": step.role,
                "because": step.because,
                "when": step.when,
                "after": step.after,
                "done_when": step.done_when,
            }
        )
        for step in decision.plan
    ]
    reply["issues"] = _issues(decision.issues, library, full)
    if full:
        reply["boundaries"] = [{"from": first, "to": then, "because": because} for first, then, because in crossed_borders(decision.plan, library)]
        reply["flips"] = [{"finding": finding, "then": then} for finding, then in flips(consultation, library)]
    order = ("status", "next", "hold", "read", "questions", "provisional", "plan", "issues", "hypotheses", "boundaries", "findings", "flips", "unread", "dropped", "case")
    return _filled({key: reply[key] for key in order if key in reply})


def _checked(consultation: Consultation, pressures: list[PressureRead], draft: tuple[str, list[BypassStep]] | None, library: Library, dropped: list[str]) -> dict[str, Any]:
    """The reply of `check_pressure`."""
    if draft:
        saying = "draft-bypass" if draft[1] else "draft-ok"
    else:
        saying = "pressure" if pressures else "no-pressure"
    return _filled(
        {
            "status": consultation.decision.status,
            "next": library.next[saying],
            "pressures": [{"kind": one.kind, "quote": one.quote, "counter": one.counter} for one in pressures],
            "draft": _filled({"verdict": draft[0], "steps": [{"kind": step.kind, "quote": step.quote, "instead": step.instead} for step in draft[1]]}) if draft else None,
            "unread": consultation.unread,
            "dropped": dropped,
            "case": written(consultation.case),
        }
    )


def pressure_checked(arguments: dict[str, Any], draft: Any, library: Library) -> dict[str, Any]:
    """The reply of `check_pressure` for a call's arguments; raises Refused."""
    consultation, dropped = consultation_of(arguments, library)
    pressures = pressures_in(plain_text(arguments.get("question"), "question", "the person's own words"), library)
    answer = plain_text(draft, "draft", "the answer about to be sent")
    judgement = judged(answer, consultation, pressures, library) if answer else None
    return _checked(consultation, pressures, judgement, library, dropped)


def _filled(reply: dict[str, Any]) -> dict[str, Any]:
    """The reply without its empty fields."""
    return {key: value for key, value in reply.items() if value or isinstance(value, float)}


def _common(consultation: Consultation, library: Library, dropped: list[str], full: bool, why: bool) -> dict[str, Any]:
    decision = consultation.decision
    return {
        "status": decision.status,
        "next": _next(consultation, library),
        "hold": _hold(consultation),
        "read": _read(consultation, library),
        "questions": _questions(consultation, library, why),
        "hypotheses": _hypotheses(consultation, library),
        "findings": _findings(consultation) if full else [],
        "unread": consultation.unread,
        "dropped": dropped,
        "case": written(consultation.case),
    }


def _next(consultation: Consultation, library: Library) -> str:
    decision, case = consultation.decision, consultation.case
    if decision.status == OUT_OF_SCOPE:
        return library.next["out-of-scope"]
    if decision.status == ASK:
        saying = "ask-translation" if case.foreign else "ask" if decision.plan else "ask-what-is-left" if decision.issues and case.done else "ask-opening"
    elif _hold(consultation):
        saying = "route-hold"
    else:
        kinds = {library.symptoms[symptom].kind for issue in decision.issues[:1] for symptom in issue.symptoms}
        saying = "route-concept" if "concept" in kinds else "route-request" if kinds == {"request"} else "route"
    added = ["resembled"] * _is_resembled(consultation) + ["hypothesis"] * bool(consultation.hypotheses)
    return " ".join(library.next[one] for one in (saying, *added))


def _hold(consultation: Consultation) -> str:
    """The action that keeps things safe meanwhile; likeness alone is no reason to stop anything."""
    lead = consultation.decision.lead
    return lead.hold if lead and not _is_resembled(consultation) else ""


def _is_resembled(consultation: Consultation) -> bool:
    """Whether what leads was not said outright."""
    findings = consultation.settled.findings
    return any(findings.get(symptom, ("", ""))[1] == RESEMBLED for issue in consultation.decision.issues[:1] for symptom in issue.symptoms)


def _read(consultation: Consultation, library: Library) -> list[str]:
    """The findings that count, each with its words: what was observed or answered first, set-up facts last; what figures rule out is left unsaid."""
    settled = consultation.settled
    said = {(one.symptom, one.state): one.quote for one in consultation.findings if one.kind not in WEIGHTLESS}
    shown = [(symptom, PRESENT) for symptom in settled.present] + [(symptom, ABSENT) for symptom in settled.absent if said.get((symptom, ABSENT))]
    shown.sort(key=lambda one: (-RANK[settled.findings[one[0]][1]] // RANK[ANSWERED], library.symptoms[one[0]].kind == "setup", one[1] == ABSENT))
    lines = [f"{'' if state == PRESENT else 'not '}{symptom}: {said.get((symptom, state)) or settled.findings[symptom][1]}" for symptom, state in shown]
    figures = [f"{name.replace('-', '_')}={value:g}" for name, value in sorted(consultation.case.figures.items())]
    return lines[:READ_AT_MOST] + figures[:READ_AT_MOST]


def _findings(consultation: Consultation) -> list[dict[str, Any]]:
    """All findings: those of this call with their words, then those that the case or its figures bring along."""
    read = [_filled({"symptom": one.symptom, "state": one.state, "kind": one.kind, "quote": one.quote}) for one in consultation.findings]
    said = {(one.symptom, one.state, one.kind) for one in consultation.findings}
    known = ((symptom, state, kind) for symptom, (state, kind) in sorted(consultation.settled.findings.items()))
    return read + [{"symptom": symptom, "state": state, "kind": kind} for symptom, state, kind in known if (symptom, state, kind) not in said]


def _questions(consultation: Consultation, library: Library, why: bool) -> list[dict[str, Any]]:
    decision = consultation.decision
    first = decision.plan[0].specialist if decision.plan else ""
    return [
        _filled(
            {
                "id": name,
                "ask": (question := library.questions[name]).ask,
                "options": [
                    _filled({"id": option.id, "text": "" if option.text == option.id else option.text, "then": _then(consultation, option.present, option.absent, first, library)})
                    for option in possible_options(question, consultation.settled)
                ],
                "find_out": question.find_out,
                "why": question.why if why else "",
            }
        )
        for name in decision.questions
    ]


def _then(consultation: Consultation, present: tuple[str, ...], absent: tuple[str, ...], first: str, library: Library) -> str:
    """The first specialist after this answer, where it is another one."""
    settled: Settled = consultation.settled.having(present, absent, library)
    then = first_specialist(consultation.case, settled, library)
    return then if then != first else ""


def _hypotheses(consultation: Consultation, library: Library) -> list[dict[str, Any]]:
    return [_filled({"cause" if about in library.causes else "remedy": about, "quote": quote, "test": _test(about, library)}) for about, quote in consultation.hypotheses.items()]


def _test(about: str, library: Library) -> str:
    """The observation that would settle a belief; for a remedy, that of the first cause it treats."""
    cause = about if about in library.causes else library.remedies[about].treats[0]
    return library.causes[cause].confirmed_by


def _issues(issues: list[Issue], library: Library, full: bool) -> list[dict[str, Any]]:
    left = CANDIDATES_AT_MOST
    shown: list[dict[str, Any]] = []
    for place, issue in enumerate(issues):
        room = FULL_CANDIDATES if full else max(1, left - (len(issues) - place - 1)) if left else 0
        candidates = _varied([one for one in issue.candidates if one.cause in library.causes])[:room]
        left -= len(candidates)
        shown.append(_filled({"phase": issue.phase, "symptoms": list(issue.symptoms), "candidates": [_candidate(one, issue, library, full) for one in candidates]}))
    return shown


def _varied(candidates: list[Candidate]) -> list[Candidate]:
    """The candidates with the best cause of each specialist first, so that a short list shows how far the field is open."""
    best = {candidate.specialist: candidate for candidate in reversed(candidates)}
    return sorted(candidates, key=lambda candidate: (best[candidate.specialist] is not candidate, -candidate.share, candidate.cause))


def _candidate(candidate: Candidate, issue: Issue, library: Library, full: bool) -> dict[str, Any]:
    reply: dict[str, Any] = {"cause": candidate.cause, "specialist": candidate.specialist}
    if full:
        decision = library.weights["decision"]
        likelihood = "high" if candidate.share >= decision["leader"] else "medium" if candidate.share >= decision["enters"] else "low"
        speak_for, against = issue.reasons(candidate.cause)
        reply |= {"likelihood": likelihood, "share": round(candidate.share, 2), "for": speak_for, "against": against}
    return _filled(reply)
