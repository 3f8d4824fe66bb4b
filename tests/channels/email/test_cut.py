"""What a family wrote now is told from what was quoted, in many languages, and no word is ever lost."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.cut import OWN, QUOTED, SIGNATURE, cut

INTRODUCTIONS = {
    "en gmail": "On Sat, Nov 21, 2026 at 4:10 PM Lincoln School <r+abc@mail.example.org>\nwrote:",
    "en apple": "On Nov 21, 2026, at 4:10 PM, Lincoln School <r+abc@mail.example.org> wrote:",
    "es gmail": "El sáb, 21 nov 2026 a las 16:10, Escuela Lincoln (<r+abc@mail.example.org>) escribió:",
    "es apple": "El 21 nov 2026, a las 16:10, Escuela Lincoln <r+abc@mail.example.org> escribió:",
    "es yahoo": "En sábado, 21 de noviembre de 2026, 04:10:00 p. m. GMT-6, Escuela Lincoln <r+abc@mail.example.org> escribió:",
    "fr gmail": "Le sam. 21 nov. 2026 à 16:10, École Lincoln <r+abc@mail.example.org> a\nécrit :",
    "de gmail": "Am Sa., 21. Nov. 2026 um 16:10 Uhr schrieb Lincoln School <r+abc@mail.example.org>:",
    "it gmail": "Il giorno sab 21 nov 2026 alle ore 16:10 Scuola Lincoln <r+abc@mail.example.org> ha scritto:",
    "pt gmail": "Em sáb., 21 de nov. de 2026 às 16:10, Escola Lincoln <r+abc@mail.example.org> escreveu:",
    "nl gmail": "Op za 21 nov 2026 om 16:10 schreef Lincoln School <r+abc@mail.example.org>:",
    "pl gmail": "sob., 21 lis 2026 o 16:10 Szkoła Lincoln <r+abc@mail.example.org> napisał(a):",
    "ru gmail": "сб, 21 нояб. 2026 г. в 16:10, Школа Линкольна <r+abc@mail.example.org>:",
    "ru apple": "21 нояб. 2026 г., в 16:10, Школа Линкольна <r+abc@mail.example.org> написал(а):",
    "uk gmail": "сб, 21 лист. 2026 р. о 16:10 Школа Лінкольна <r+abc@mail.example.org> пише:",
    "da gmail": "Den lør. 21. nov. 2026 kl. 16.10 skrev Lincoln School <r+abc@mail.example.org>:",
    "sv gmail": "Den lör 21 nov. 2026 kl 16:10 skrev Lincoln School <r+abc@mail.example.org>:",
    "no gmail": "lør. 21. nov. 2026 kl. 16:10 skrev Lincoln School <r+abc@mail.example.org>:",
    "fi gmail": "la 21. marrask. 2026 klo 16.10 Lincoln School (r+abc@mail.example.org) kirjoitti:",
    "zh gmail": "Lincoln School <r+abc@mail.example.org> 于2026年11月21日周六 16:10写道：",
    "zh apple": "在 2026年11月21日，下午4:10，Lincoln School <r+abc@mail.example.org> 写道：",
    "ja gmail": "2026年11月21日(土) 16:10 Lincoln School <r+abc@mail.example.org>:",
    "ko gmail": "2026년 11월 21일 (토) 오후 4:10, Lincoln School <r+abc@mail.example.org>님이 작성:",
    "ar gmail": "في السبت، 21 نوفمبر 2026 في 4:10 م تمت كتابة ما يلي بواسطة <r+abc@mail.example.org>:",
    "ar apple": "في 21 نوفمبر 2026، الساعة 4:10 م، كتب Lincoln School <r+abc@mail.example.org>:",
    "he gmail": "\u202bבתאריך שבת, 21 בנוב׳ 2026 ב-16:10 מאת \u202aLincoln School\u202c\u200f <\u202ar+abc@mail.example.org\u202c\u200f>:\u202c",
    "vi gmail": "Vào Th 7, 21 thg 11, 2026 vào lúc 16:10 Lincoln School <r+abc@mail.example.org> đã viết:",
    "tr gmail": "Lincoln School <r+abc@mail.example.org>, 21 Kas 2026 Cmt, 16:10 tarihinde şunu yazdı:",
    "ro gmail": "În sâm., 21 nov. 2026 la 16:10, Lincoln School <r+abc@mail.example.org> a scris:",
    "cs gmail": "so 21. 11. 2026 v 16:10 odesílatel Lincoln School <r+abc@mail.example.org> napsal:",
    "hu gmail": "Lincoln School <r+abc@mail.example.org> ezt írta (időpont: 2026. nov. 21., Szo, 16:10):",
    "el gmail": "Στις Σάβ 21 Νοε 2026 στις 4:10 μ.μ., ο χρήστης Lincoln School <r+abc@mail.example.org> έγραψε:",
    "id gmail": "Pada Sab, 21 Nov 2026 pukul 16.10 Lincoln School <r+abc@mail.example.org> menulis:",
    "tl apple": "Noong Nob 21, 2026, sa 4:10 PM, sumulat si Lincoln School <r+abc@mail.example.org>:",
}

BLOCKS = {
    "en": "From: Lincoln School <r+abc@mail.example.org>\nSent: Saturday, November 21, 2026 4:10 PM\nTo: Maria <maria@example.org>\nSubject: Ana",
    "es": "De: Escuela <r+abc@mail.example.org>\nEnviado: sábado, 21 de noviembre de 2026 16:10\nPara: Maria <maria@example.org>\nAsunto: Ana",
    "fr": "De : École <r+abc@mail.example.org>\nEnvoyé : samedi 21 novembre 2026 16:10\nÀ : Maria <maria@example.org>\nObjet : Ana",
    "de": "Von: Schule <r+abc@mail.example.org>\nGesendet: Samstag, 21. November 2026 16:10\nAn: Maria <maria@example.org>\nBetreff: Ana",
    "it": "Da: Scuola <r+abc@mail.example.org>\nInviato: sabato 21 novembre 2026 16:10\nA: Maria <maria@example.org>\nOggetto: Ana",
    "pt": "De: Escola <r+abc@mail.example.org>\nEnviado: sábado, 21 de novembro de 2026 16:10\nPara: Maria <maria@example.org>\nAssunto: Ana",
    "nl": "Van: School <r+abc@mail.example.org>\nVerzonden: zaterdag 21 november 2026 16:10\nAan: Maria <maria@example.org>\nOnderwerp: Ana",
    "pl": "Od: Szkoła <r+abc@mail.example.org>\nWysłane: sobota, 21 listopada 2026 16:10\nDo: Maria <maria@example.org>\nTemat: Ana",
    "ru": "От: Школа <r+abc@mail.example.org>\nОтправлено: 21 ноября 2026 г. 16:10\nКому: Maria <maria@example.org>\nТема: Ana",
    "da": "Fra: Skolen <r+abc@mail.example.org>\nSendt: 21. november 2026 16:10\nTil: Maria <maria@example.org>\nEmne: Ana",
    "sv": "Från: Skolan <r+abc@mail.example.org>\nSkickat: den 21 november 2026 16:10\nTill: Maria <maria@example.org>\nÄmne: Ana",
    "no": "Fra: Skolen <r+abc@mail.example.org>\nSendt: lørdag 21. november 2026 16:10\nTil: Maria <maria@example.org>\nEmne: Ana",
    "fi": "Lähettäjä: Koulu <r+abc@mail.example.org>\nLähetetty: 21. marraskuuta 2026 16:10\nVastaanottaja: maria@example.org\nAihe: Ana",
    "zh": "发件人: 学校 <r+abc@mail.example.org>\n发送时间: 2026年11月21日 16:10\n收件人: Maria <maria@example.org>\n主题: Ana",
    "ar": "من: المدرسة <r+abc@mail.example.org>\nتاريخ الإرسال: 21 نوفمبر 2026 04:10 م\nإلى: Maria <maria@example.org>\nالموضوع: Ana",
    "vi": "Từ: Trường <r+abc@mail.example.org>\nĐã gửi: 21 tháng 11 2026 16:10\nTới: Maria <maria@example.org>\nChủ đề: Ana",
    "en bold": "*From:* Lincoln School <r+abc@mail.example.org>\n*Date:* Saturday, November 21, 2026 at 4:10 PM\n*To:* Maria\n*Subject:* Ana",
}

PHONES = [
    "Sent from my iPhone", "Enviado desde mi iPhone", "Envoyé de mon iPhone", "Von meinem iPhone gesendet", "Inviato da iPhone",
    "Enviado do meu iPhone", "Verstuurd vanaf mijn iPhone", "Wysłane z iPhone'a", "Отправлено с iPhone", "Sendt fra min iPhone",
    "Skickat från min iPhone", "Lähetetty iPhonesta", "发自我的iPhone", "أُرسلت من الـ iPhone", "Đã gửi từ iPhone của tôi",
    "Get Outlook for iOS<https://aka.ms/o0ukef>", "Obtener Outlook para Android <https://aka.ms/AAb9ysg>", "Enviado desde Yahoo Mail para Android",
    "Sent from Yahoo Mail on Android", "Enviado desde mi Samsung Mobile de Claro",
]  # fmt: skip


@pytest.mark.parametrize("introduction", INTRODUCTIONS.values(), ids=INTRODUCTIONS)
@pytest.mark.parametrize("quote", ["> 1. ¿Cómo va la tarea?\n> 2. ...\n", "1. How is homework going?\n\n2. ...\n"], ids=["marked", "plain"])
def test_an_introduction_ends_what_was_written(introduction: str, quote: str) -> None:
    found = cut(f"Todo bien, gracias.\n\n{introduction}\n\n{quote}")
    assert found.reply == "Todo bien, gracias."
    assert "homework" in found.rest or "tarea" in found.rest


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize("rule", ["", "________________________________\n", "-----Original Message-----\n"], ids=["bare", "line", "dashes"])
def test_the_head_of_a_quoted_mail_ends_what_was_written(block: str, rule: str) -> None:
    found = cut(f"Sí, por la tarde.\n\n{rule}{block}\n\nHow is homework going?\n")
    assert found.reply == "Sí, por la tarde."
    assert "homework" in found.rest


@pytest.mark.parametrize("phone", PHONES)
def test_what_a_phone_adds_is_nobodys_word(phone: str) -> None:
    found = cut(f"Lee media hora\n\n{phone}\n")
    assert found.reply == "Lee media hora"
    assert [piece.kind for piece in found.pieces] == [OWN, SIGNATURE]


@pytest.mark.parametrize("token", ["01M81MVJ86BJ2J267QX519590", "01M81MVV0PC9FBAZR1979-10h30", "2026", "7.11.2026"])
def test_the_figures_of_an_address_are_no_day_and_no_hour(token: str) -> None:
    found = cut(
        f"Buenas tardes:\n\nEl sáb, 21 nov 2026 a las 16:10, Escuela Lincoln (<\nr+out_{token}@mail.example.org>) escribió:\n\n> Hola\n"
    )
    assert found.reply == "Buenas tardes:"


def test_answers_between_the_questions_are_kept() -> None:
    text = (
        "El 21 nov 2026, a las 16:10, Escuela <r+abc@mail.example.org> escribió:\n\n> 1. ¿Le gusta leer?\n\nSí, mucho\n\n"
        "> 2. ¿Y las matemáticas?\n\nNo tanto\n\nEnviado desde mi iPhone\n"
    )
    found = cut(text)
    assert found.reply == "Sí, mucho\nNo tanto"
    assert found.whole == text


def test_an_answer_below_the_quote_is_kept() -> None:
    found = cut("On 11/21/26 4:10 PM, School wrote:\n> Does she read at home?\n\nEvery day.\n")
    assert found.reply == "Every day."


def test_an_answer_under_the_phones_signature_is_kept() -> None:
    assert cut("\n\nSent from my iPhone\n\nYes she reads\n").reply == "Yes she reads"


@pytest.mark.parametrize(
    "text",
    [
        "On Monday the teacher wrote:\nshe is doing well.\nI was happy.",
        "El 5 de mayo la maestra escribió: va bien.\nMe alegré.",
        "I got a note at 3:00 on 11/20/26 and the teacher wrote:\nplease call me.",
        "Saludos\nMi hija está bien\nGracias",
        "Sent from my desk, is much easier then my mobile phone.",
        "Thanks!\nMaria",
        "De: la mamá de Ana\nPara: la maestra\nAsunto: tareas\nTarda mucho en la tarea.",
        "1: yes\n--\n2: no\n--\n3: about 20 minutes",
        "Saludos\n1: si\n2: no",
        "From: our house to school it takes an hour.",
        "> what a week",
        "She was sent from the class twice.",
        'Her words: "El 5 de mayo, la maestra escribió" was the title',
    ],
)  # fmt: skip
def test_a_familys_words_are_not_taken_for_a_quote(text: str) -> None:
    found = cut(text)
    assert found.reply == (text if not text.startswith(">") else "")


def test_a_farewell_and_a_name_are_a_signature() -> None:
    found = cut("Ana lee bien.\n\nSaludos cordiales,\nMaría López\nTel +1 555 0100\n")
    assert found.reply == "Ana lee bien."
    assert found.pieces[-1].kind == SIGNATURE


def test_a_quoted_line_broken_in_two_is_no_answer() -> None:
    broken = "> " + "This sentence was written by the school and it goes on to the very edge of" + "\nthe page and beyond.\n> So it is.\n"
    assert cut("Yes.\n\n" + broken).reply == "Yes."
    assert cut("Yes.\n\n" + broken).pieces[-1].kind == QUOTED


@given(st.text(alphabet=st.sampled_from("ab> :-\n@<>1.On wrote_De\u202b\r"), max_size=400))
def test_no_character_is_ever_lost(text: str) -> None:
    found = cut(text)
    assert found.whole == text
    assert len(found.rest) <= len(text)


@pytest.mark.parametrize(
    "hostile",
    [
        "> " * 200_000,
        ">" * 300_000 + ":",
        "On " * 100_000 + "wrote:",
        ("On 1/1/26 4:10 <" + "a@" * 300 + "\n") * 500,
        "From:" * 60_000,
        "From: a@b\n" * 20_000,
        "-" * 300_000,
        "\n" * 100_000,
        "Sent from " * 40_000,
        "\u202b" * 300_000,
        ("x" * 999 + "\n") * 400,
        "<" * 200_000 + ">:",
    ],
)
def test_hostile_text_takes_no_longer_than_its_length(hostile: str) -> None:
    begun = time.process_time()
    assert cut(hostile).whole == hostile
    assert time.process_time() - begun < 60  # a second or two on any machine; a search that runs away takes hours
