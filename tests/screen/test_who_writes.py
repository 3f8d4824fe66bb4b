"""Who says whose mother they are is at home; the same words with a "not" are a wrong number."""

from __future__ import annotations

import pytest

from bot.lists import shipped_words
from bot.screen.screen import screen

AT_HOME = """
en|This is Maria's mom
en|Hi its Anas dad
en|this is jayden mom
en|I'm Maria's mom
en|its me Luis's grandma
en|this is her mom
en|yes this is his dad
en|Good morning! This is Mrs. Nguyen, Kevin's mother
en|Zaynab's aunt here, I pick her up today
en|yes you have the right number
en|I am the grandmother, he lives with me
es|soy la mamá de María
es|Buenos dias soy la mama de Luis
es|habla el papa de Ana
es|soy su mamá
es|sí, soy yo la mamá
es|soy la abuela de Kevin
es|si este es mi numero
es|soy la esposa del papá de Iker
pt|sou a mãe da Ana
pt|oi aqui é o pai do Pedro
pt|sou a mae dele
ru|это мама Маши
ru|я мама Даниила
ru|я его мама
ru|здравствуйте, это папа Вани
uk|це мама Марійки
uk|я мама Назара
uk|доброго дня, це тато Олі
so|waa Ayaan hooyadeed
so|waxaan ahay hooyada Maxamed
so|anigu waxaan ahay aabaha Xamdi
ar|انا ام مريم
ar|معكم والد احمد
ar|انا امه
ur|main Ali ki ammi hun
ur|yeh Sara ke abbu hain
ur|main uski maa hun
ur|میں علی کی امی ہوں
zh|我是小明的妈妈
zh|您好,我是李华爸爸
zh|我是他妈妈
zh|我是王芳的外婆
vi|tôi là mẹ bé An
vi|em là mẹ của Minh
vi|chào cô, ba của Nam đây
ht|mwen se manman Marie
ht|se papa Junior
ht|mwen se manman l
hmn|kuv yog Mai niam
hmn|kuv yog nws niam
hmn|no yog Tou txiv
"""

NOT_THEM = """
en|this is not Maria's mom
en|im not jayden mom
es|no soy la mamá de María
es|yo no soy el papá de Luis
es|im not luis mom
pt|não sou a mãe da Ana
ru|это не мама Маши
ru|я не папа Вани
uk|це не мама Марійки
so|ma ihi Ayaan hooyadeed
ar|انا مش ام مريم
ur|main Ali ki ammi nahi hun
zh|我不是小明的妈妈
vi|tôi không phải mẹ của Minh
ht|mwen pa manman Marie
hmn|kuv tsis yog Mai niam
"""


@pytest.fixture(scope="module")
def shipped():
    return shipped_words()


@pytest.mark.parametrize("line", AT_HOME.strip().splitlines())
def test_who_says_whose_mother_they_are_raises_nothing(shipped, line):
    lang, text = line.split("|")
    assert screen(shipped, text, lang).fired == ()


@pytest.mark.parametrize("line", NOT_THEM.strip().splitlines())
def test_who_says_that_they_are_not_has_a_wrong_number(shipped, line):
    lang, text = line.split("|")
    assert screen(shipped, text, lang).identity == "wrong_number"


def test_a_word_of_another_language_is_no_no(shipped):
    assert "no" in shipped.says_no["es"]
    assert "no" not in shipped.says_no["hmn"], 'there it is "this"'
    assert "not" in shipped.says_no["es"], "families write two languages in one sentence"
