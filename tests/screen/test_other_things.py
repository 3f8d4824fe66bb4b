"""Texts of every day that speak of something else than our messages, of a meeting that is fixed, of a name that is misspelt."""

from __future__ import annotations

import pytest

from bot.lists import shipped_words
from bot.screen.screen import screen

NO_STOP = (
    ("en", "Can you stop sending home the permission slip, I turned it in Monday"),
    ("en", "please dont call me at the shop, boss gets mad, just text"),
    ("en", "can you stop sending the snack home with her, she doesnt eat it"),
    ("en", "please stop calling him Bobby, he goes by Robert"),
    ("es", "no me llamen al trabajo porfa, mejor mandenme texto"),
    ("es", "ya no le manden jugo, no se lo toma"),
    ("es", "dejen de decirle Panchito, a el le gusta Francisco"),
    ("pt", "nao liga no serviço, manda msg que eu respondo"),
    ("pt", "para de mandar o suco pra casa q ele nao toma"),
    ("pt", "parem de chamar ela de Duda, ela prefere Eduarda"),
    ("vi", "dung goi luc toi di lam, nhan tin thoi"),
    ("vi", "đừng gửi sữa về nữa bé không uống"),
    ("ht", "pa rele m nan travay la, ekri m pito"),
    ("ht", "pa voye lèt la lakay ankò li pa bwè l"),
    ("hmn", "txhob hu rau kuv tom hauj lwm, text kuv xwb"),
    ("so", "shaqada ha ii soo wicin, fariin ii soo dir galabtii"),
    ("ur", "office time call na karen, msg kar diya karen"),
    ("ru", "не звоните мне на работу пожалуйста, пишите сюда"),
    ("ru", "перестаньте пожалуйста называть её Настей, она Анастасия"),
    ("uk", "не дзвоніть мені на роботу, пишіть сюди"),
    ("ar", "لا تتصلوا فيني بالشغل ابعتوا رسالة"),
    ("ar", "وقفوا تبعتوا الحليب معه لانه ما بيشربه"),
    ("zh", "麻烦不要再往书包里放牛奶了 漏一书包"),
    ("zh", "麻烦别忘了让他带外套"),
)
NO_REQUEST = (
    ("en", "is the IEP meeting still on Thursday at 2?"),
    ("es", "La junta del IEP es el jueves verdad? ahi estaremos"),
    ("pt", "a reunião do IEP é na quinta às duas né"),
    ("vi", "họp IEP thứ năm hai giờ phải không cô"),
    ("ht", "reyinyon IEP a se jedi 2zè pa vre"),
    ("so", "kulanka IEP waa khamiista saacadda labada, sax?"),
    ("ur", "IEP meeting jumeraat ko hi hai na?"),
    ("ru", "IEP встреча в четверг в два?"),
    ("uk", "Зустріч по IEP у четвер чи п'ятницю?"),
    ("ar", "bukra ma3ad el IEP meeting sa3a 2 sa7?"),
    ("zh", "IEP会议是周四两点对吧"),
)
NO_WRONG_NUMBER = (
    ("en", "im not his mom im his grandma but i can answer"),
    ("es", "no soy la mamá soy la abuelita pero digame"),
    ("en", "you spelled her name wrong, it's Mya not Maya"),
    ("es", "se equivocaron de apellido en el diploma es Núñez con ñ"),
    ("es", "no soy la mamá soy la madrina y la recojo hoy"),
    ("uk", "по батькові помилка, Ігорівна а не Олегівна"),
    ("hmn", "nej sau nws lub npe yuam kev, yog Xeng tsis yog Cheng"),
    ("so", "magaca waad khaldeen waa Cabdi ma aha Cabdiraxmaan"),
    ("ur", "naam mein ghalti hai, Aisha nahi Ayesha likhen"),
    ("vi", "viết sai tên cháu rồi, Quỳnh chứ không phải Quyên"),
    ("zh", "校车办公室电话写错了吧打不通"),
)
STILL = (
    ("en", "stop calling me and stop texting me", "stop"),
    ("en", "dont call dont text, leave me alone", "stop"),
    ("es", "no me llamen ni me manden mensajes ya", "stop"),
    ("vi", "đừng gọi đừng nhắn tin cho tôi nữa", "stop"),
    ("pt", "nao me liga mais nem manda mensagem", "stop"),
    ("zh", "不要打电话也不要发短信给我了", "stop"),
    ("en", "how do i get my son an IEP", "evaluation"),
    ("es", "quiero una junta para que le hagan la evaluación del IEP", "evaluation"),
    ("en", "wrong number, there is no Maya here", "wrong_number"),
    ("en", "wrong #", "wrong_number"),
    ("en", "sry wrong #, im not a parent", "wrong_number"),
    ("en", "I dont have any kids, take me off this list", "wrong_number"),
    ("es", "no soy la mamá de Diego, se equivocó de número", "wrong_number"),
)


@pytest.mark.parametrize(("lang", "text"), NO_STOP)
def test_who_asks_for_something_else_to_stop_goes_on_getting_texts(lang: str, text: str) -> None:
    assert not screen(shipped_words(), text, lang).stop


@pytest.mark.parametrize(("lang", "text"), NO_REQUEST)
def test_a_meeting_that_is_fixed_is_no_request(lang: str, text: str) -> None:
    assert not screen(shipped_words(), text, lang).evaluation


@pytest.mark.parametrize(("lang", "text"), NO_WRONG_NUMBER)
def test_a_wrong_name_is_no_wrong_number(lang: str, text: str) -> None:
    found = screen(shipped_words(), text, lang)
    assert (found.identity, found.signs) == (None, ()) or "wrong_number" not in (found.identity, *found.signs)


@pytest.mark.parametrize(("lang", "text", "kind"), STILL)
def test_what_is_meant_is_still_heard(lang: str, text: str, kind: str) -> None:
    found = screen(shipped_words(), text, lang)
    assert "wrong_number" in (found.identity, *found.signs) if kind == "wrong_number" else getattr(found, kind)
