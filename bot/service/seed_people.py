"""Who lives in the demo district: tables only. Every name and number here is invented."""

from __future__ import annotations

from typing import NamedTuple


class SchoolRow(NamedTuple):
    id: str
    name: str
    phone: str


class SenderRow(NamedTuple):
    id: str
    channel: str
    address: str
    segments_per_second: float = 1.0


class Person(NamedTuple):
    """A staff member. `school_id` None: the whole district. `login` is the part of the e-mail address before @demo.example."""

    id: str
    name: str
    login: str
    phone: str
    slack_user: str
    roles: tuple[str, ...]
    school_id: str | None = None
    on_call: bool = False


class Child(NamedTuple):
    id: str
    school_id: str
    first_name: str
    last_name: str
    birth_date: str
    grade: str


class Parent(NamedTuple):
    """A contact with its children. `shared`: more than one person reads this phone."""

    id: str
    name: str
    lang: str
    phone: str
    students: tuple[str, ...]
    relation: str
    shared: bool = False

    @property
    def mail(self) -> str:
        """An e-mail address nobody has."""
        return f"{self.id.removeprefix('con_').removeprefix('demo_')}@home.test"


class CaseRow(NamedTuple):
    id: str
    code: str
    student_id: str
    domains: tuple[str, ...]
    slack_channel: str


MAPLE = "sch_demo_maple"
RIVER = "sch_demo_river"

SCHOOLS = (
    SchoolRow(MAPLE, "Maple Elementary", "+15550100100"),
    SchoolRow(RIVER, "River Middle School", "+15550100200"),
)

SENDERS = (
    SenderRow("snd_demo_sms", "sms", "+15550100001"),
    SenderRow("snd_demo_whatsapp", "whatsapp", "+15550100001", 10.0),
    SenderRow("snd_demo_email", "email", "school@families.demo.example", 100.0),
    SenderRow("snd_demo_webchat", "webchat", "dst_demo", 1000.0),
)

STAFF = (
    Person("stf_demo_teacher", "Ms. Bennett", "teacher", "+15550102001", "U0DEMOTEACH", ("teacher",), MAPLE),
    Person("stf_demo_liaison", "Elena Soto", "liaison", "+15550102002", "U0DEMOLIAIS", ("liaison", "language_liaison")),
    Person("stf_demo_counselor", "Mr. Adler", "counselor", "+15550102003", "U0DEMOCOUNS", ("counselor",), on_call=True),
    Person("stf_demo_principal", "Dr. Lindqvist", "principal", "+15550102004", "U0DEMOPRINC", ("principal",), MAPLE, on_call=True),
    Person("stf_demo_evaluation", "Ms. Okafor", "evaluation", "+15550102005", "U0DEMOEVALU", ("evaluation_contact",)),
    Person("stf_demo_coordinator", "Mr. Tanaka", "coordinator", "+15550102006", "U0DEMOCOORD", ("coordinator",)),
    Person("stf_demo_office", "Ms. Grant", "office", "+15550102007", "U0DEMOOFFIC", ("office", "registrar")),
    Person("stf_demo_nurse", "Nurse Patel", "nurse", "+15550102008", "U0DEMONURSE", ("nurse",), MAPLE),
    Person("stf_demo_admin", "Dr. Romero", "admin", "+15550102009", "U0DEMOADMIN", ("district_admin", "privacy_officer")),
    # on no case and in the other school: what she can open is what must be closed
    Person("stf_demo_other_teacher", "Ms. Quill", "other.teacher", "+15550102010", "U0DEMOOTHER", ("teacher",), RIVER),
)

TEAM = (("stf_demo_teacher", "teacher"), ("stf_demo_liaison", "liaison"), ("stf_demo_counselor", "counselor"))
"""On every case of the demo, with their role there; these and nobody else are in its Slack channel."""

STUDENTS = (
    Child("stu_demo_maya", MAPLE, "Maya", "Walker", "2017-04-02", "3"),
    Child("stu_demo_diego", MAPLE, "Diego", "Delgado", "2016-11-20", "4"),
    Child("stu_demo_yusuf", MAPLE, "Yusuf", "Haddad", "2018-01-15", "2"),
    Child("stu_demo_ayaan", MAPLE, "Ayaan", "Warsame", "2015-08-09", "5"),
    Child("stu_demo_ana", MAPLE, "Ana", "Ortega", "2017-02-27", "3"),
    Child("stu_demo_luis", RIVER, "Luis", "Ortega", "2014-06-13", "6"),
)

CONTACTS = (
    Parent("con_demo_en", "Dana Walker", "en", "+15550101001", ("stu_demo_maya",), "mother"),
    Parent("con_demo_es", "Lucía Delgado", "es", "+15550101002", ("stu_demo_diego",), "mother"),
    Parent("con_demo_ar", "هدى حداد", "ar", "+15550101003", ("stu_demo_yusuf",), "mother"),
    Parent("con_demo_so", "Hodan Warsame", "so", "+15550101004", ("stu_demo_ayaan",), "grandmother"),
    Parent("con_demo_siblings", "Carmen Ortega", "es", "+15550101005", ("stu_demo_ana", "stu_demo_luis"), "mother", shared=True),
)
"""Single-child families first: whoever lists them meets the plain case before the two siblings on one shared phone."""

CASES = (
    CaseRow("cas_demo_maya", "CV-1001", "stu_demo_maya", ("reading",), "C0DEMO1001"),
    CaseRow("cas_demo_diego", "CV-1002", "stu_demo_diego", ("reading", "math"), "C0DEMO1002"),
    CaseRow("cas_demo_yusuf", "CV-1003", "stu_demo_yusuf", ("attendance",), "C0DEMO1003"),
    CaseRow("cas_demo_ayaan", "CV-1004", "stu_demo_ayaan", ("behaviour",), "C0DEMO1004"),
    CaseRow("cas_demo_ana", "CV-1005", "stu_demo_ana", ("math",), "C0DEMO1005"),
    CaseRow("cas_demo_luis", "CV-1006", "stu_demo_luis", ("social-emotional",), "C0DEMO1006"),
)

DISTRICT_SETTINGS: dict[str, object] = {
    "lang.enabled": ["en", "es"],
    "hours.allowed": "08:00-20:00",
    "hours.school": "08:00-15:30",
    "calendar.closed": ["2026-11-25", "2026-11-26", "2026-11-27", "2027-01-01", "2027-01-18"],
    "cap.weekly": 100,  # a demo plays in an afternoon what a family hears in a year
    "cost.segment": "0.0083",
    "retention.years": 5,
    "crisis.numbers": "911, 988, 211",
    "records.days": 45,
    "eval.timeline_days": 60,
    # what the answers of the FAQ bank leave to the district: numbers for every language, sentences and their parts in each
    "plan_weeks": "6",
    "meeting_minutes": "40",
    "cico_goal": "80",
    "progress_every.en": "two weeks",
    "progress_every.es": "dos semanas",
    "monitor_rule.en": "the team looks at the last four scores",
    "monitor_rule.es": "el equipo mira los cuatro últimos puntajes",
    "records_days_note.en": "our school answers within 45 days.",
    "records_days_note.es": "nuestra escuela contesta en 45 días o menos.",
    "eval_timeline_note.en": "it is done within 60 days of your signed yes",
    "eval_timeline_note.es": "se hace en 60 días desde que usted firma",
    "eval_response_note.en": "In our district you hear back within 15 school days.",
    "eval_response_note.es": "En nuestro distrito le contestan en 15 días de clase o menos.",
    "consent_tier_note.en": "In our district we tell you before extra help begins, and we ask for your OK before a longer plan.",
    "consent_tier_note.es": "En nuestro distrito le avisamos antes de dar ayuda extra y le pedimos permiso antes de un plan más largo.",
    "optout_note.en": "You may ask us to change or stop a plan.",
    "optout_note.es": "Usted puede pedir que cambiemos o paremos un plan.",
    "enrichment_note.en": "Our schools have a reading club and a math club.",
    "enrichment_note.es": "Nuestras escuelas tienen un club de lectura y uno de matemáticas.",
    "dyslexia_note.en": "our schools check in kindergarten and in grades 1 and 2",
    "dyslexia_note.es": "nuestras escuelas lo revisan en kínder y en los grados 1 y 2",
    "ride_childcare_note.en": "For meetings at school we can often find a ride or care for small children.",
    "ride_childcare_note.es": "Para las reuniones en la escuela muchas veces podemos conseguir transporte o cuidado de niños.",
    "legal_help.en": "the parent center of our state, free of charge",
    "legal_help.es": "el centro de padres de nuestro estado, gratis",
}
