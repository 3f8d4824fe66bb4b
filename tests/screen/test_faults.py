"""Texts that were once taken for more than they say, or for less, in every list that had the fault."""

from __future__ import annotations

import pytest

from bot.lists import shipped_words
from bot.screen.screen import screen


@pytest.fixture(scope="module")
def shipped():
    return shipped_words()


NOTHING = """
en|my mom cant read or write
en|My mother never learned to read
es|mi mama no sabe leer ni escribir
en|custody
en|custody weeks, dads house is far
es|semanas de custodia, la casa de su papá queda lejos
es|pruebas de alergia
es|le hacen pruebas de alergia
en|dad is dyslexic
es|su papá tiene dislexia
ht|papa l gen disleksi tou
ur|great at fixing bikes
en|shooting family pictures on Saturday
en|the gym door is locked I'm outside
en|he got killed in his game and laughed
en|I'm going to file a complaint about the bus
es|voy a poner una queja
es|ustedes nunca hacen nada por mi hijo, estoy harta
es|se fue la luz anoche y no sonó el despertador
es|no conozco este programa
pt|quebrou o braço no treino e está de gesso
ru|ударился головой на перемене
uk|дідусь забирає його на синій машині
uk|вдарився головою на тренуванні
uk|телефон сів, щойно побачила
en|he fell asleep on the bus and didnt wake up for his stop
es|me quedé dormida y no me desperté
ru|поздно уснул и не проснулся вовремя
ar|كسر ايده بالتمرين
ar|تلفوني خلص شحن هلق شفت الرسالة
so|taleefanka ayaa dhintay hadda ayaan arkay
ht|pòt lekòl la fèmen mwen deyò a
ht|ti bebe a anwe
hmn|tus mos ab pw lawm
hmn|sawv daws zoo siab
vi|điện thoại tắt giờ mới thấy tin
vi|bị bắn chết trong game nên bực
zh|学校门锁了我在外面
ur|barish ki wajah se practice cancel ho gayi
en|sorry I wrote the wrong page number on the form
en|her lips are blue from the popsicle
vi|em gửi nhầm email cho cô Lan
so|waxaan ka cabanayaa darawalka baska
ru|можно прекратить носить сменку?
en|chocolate overdose at the party
en|suicide squeeze won the game
en|that flu beat us up
es|disparo yo los tacos
ar|نجح بفحص الحزام الاصفر
so|telefoonka ayaa iga lumay
ru|мы не бьем детей
uk|стріляє питаннями як з кулемета
ht|lòt moun ap vin chèche l
hmn|nws txiav nws plaubhau tus kheej
es|se perdio el conejo
pt|pistola de agua pode na escola?
ru|пишите чаще
en|Good morning, this is Maria's mom
en|Good, he is doing better
en|they are learning about the revolution and the soldiers
en|when is the IEP meeting again?
es|quiero matar al que invento la brillantina jaja
es|lo vi en la television, que tiroteo tan triste en otro estado
ar|فريقنا اندبح 4 صفر
zh|新闻里的枪击太可怕了
vi|em muốn xin một bản
vi|bị muỗi chích sưng một cục
ht|egzamen an ap fann tèt mwen
pt|levamos uma surra no futebol
hmn|lawv ua yeeb yam
ur|chai ke liye jaan de dun
uk|автобус сьогодні мав не той номер
"""

HEARD = """
en|danger|the baby is in a hot car alone
en|danger|they left the kids outside in the cold all night
en|danger|the kids have been home alone since tuesday
en|danger|the pills are in my hand forgive me
en|danger|do not look for me I can't any more
en|danger|I cannot write any more this is the last message forgive me
en|danger|i would not be mad if i went to sleep tonite and never woke up
en|danger|wouldnt mind if i fell asleep and didnt wake up
ru|danger|было бы неплохо уснуть и не проснуться
ar|danger|عادي لو نمت وما صحيت تاني
es|danger|subio a insta que va a balear la escuela
pt|danger|a tia deixa o bb la fora no frio a noite toda e nao abre a porta
es|danger|los ermanitos estan solos desde el juebes
es|danger|subieron a tiktok que van a plomear la escuela
es|danger|no me busquen ya no puedo más
ru|danger|tabletki peredo mnoy prostite menya
uk|danger|tabletky v rutsi probach mene
ar|danger|biddi mout ma ba2a fiyi
ar|danger|بيقول رح يدفني وماسك رفش
zh|danger|孩子被丢在外面冻了一夜
vi|danger|đừng tìm tôi tôi chịu hết nổi rồi
so|danger|carruurtu keligood ayay guriga joogaan tan iyo isniintii
ht|danger|timoun yo pou kont yo nan kay la depi lendi
hmn|danger|nws hais nws yuav faus kuv nws tuav ib rab duav
ur|danger|goliyan mere samne hain maaf kar dena
pt|danger|as crianças estão sozinhas em casa desde terça
en|stop|one more text and I block you
ru|stop|отвалите со своей рассылкой
uk|stop|ще одне повідомлення і я вас блокую
vi|stop|thêm một tin nữa là tôi chặn
ar|stop|ma bade rasayel mennkon
zh|stop|bu yao zai fa le
pt|stop|queiram cessar os envios
ru|evaluation|proverte rebenka na disleksiyu
en|wrong_number|im a taxi driver not a parent
en|wrong_number|wrng number
es|wrong_number|soy soltero sin hijos
ur|wrong_number|usne ye number kab ka chor diya
zh|wrong_number|da cuo le bu shi wo de hai zi
en|shared_phone|my mother in law also reads this phone
en|shared_phone|I share this phone with my mother in law
es|shared_phone|este teléfono lo comparto con mi esposo
es|shared_phone|este cel lo comparto con mis hijos
es|shared_phone|sí, pero lo comparto con mi esposo
es|shared_phone|sí, lo compartimos con mis hijos
es|shared_phone|este teléfono es mío y de mi esposo
es|shared_phone|mi mamá también ve estos mensajes
en|person|I need to speak with Ms Lee about reading
es|person|no puedo escribir, llámenme
es|person|me gustaría que alguien me llame
en|new_guardian|I got custody last week
es|new_guardian|el juez me dio la custodia
en|danger|I googled how many pills it takes and I have enough
es|danger|busqué cuántas pastillas se necesitan y las tengo
ru|danger|она перелезла через перила на мосту
en|danger|he climbed over the balcony railing
ru|danger|проглотила все мамины снотворные, губы посинели
uk|danger|дітей лишили вдома замкненими і поїхали
vi|danger|lạc mất con rồi
en|stop|no more txts please
es|stop|ya no mas tectos porfa
pt|stop|estou fora desta lista
ar|stop|badi ouqef el rasayel
ar|stop|أتمنى ألا تصلني رسائل
so|stop|waa la iga badiyay farriimaha jooji
ht|stop|wete m
en|wrong_number|you are texting a taxi driver
es|wrong_number|está llamando a una panadería
pt|wrong_number|você está falando com uma padaria
pt|wrong_number|não temos nada a ver com essa escola
ar|wrong_number|el nemra di mesh bta3et Mona
hmn|wrong_number|tsis yog Mr Lee
ur|wrong_number|آپ نے کہیں اور فون کیا ہے
en|danger|she walked to the bus stop and never made it to class, no answer on her phone
es|danger|trabajo de noche y los niños se quedan solos, el grande tiene siete
ru|danger|не говорите отцу, прошлый раз он мне руку сломал
zh|danger|请别告诉他爸 上次他打断了我的手
uk|danger|облив двері бензином і каже що спалить нас
pt|danger|a babá deu um tapa na boca dele
ur|danger|us ne sab khilone baant diye aur kehta he jald main nahi hunga
hmn|danger|nws haus tshuaj ntxhua khaub ncaws
so|danger|ilmuhu wuxuu cabay clorox
ht|danger|m travay lannwit timoun yo rete pou kont yo
vi|danger|má nằm dưới đất không nhúc nhích
ar|danger|شرب كلور
en|stop|how do I unsubscribe
en|wrong_number|whose mom? my only baby is three weeks old
ur|danger|cycle aur games parosiyon ko de di kehta he jald meri fikar nahi karni pare gi
es|stop|mandeme todo en papel, por este medio ya no
en|wrong_number|you texted a hardware store, this was meant for somebody else
uk|wrong_number|це повідомлення для іншої людини
ht|wrong_number|m pa konnen elèv sa a
ur|wrong_number|ye message kisi aur ke liye hai
so|wrong_number|qofkii lambarkan lahaa wuu badalay
en|danger|he swears he will make sure we never walk again
pt|danger|posso fazer uma loucura contra mim
zh|danger|孩子翻窗走了 留了字条
es|stop|no sigan mandando
ar|stop|shilouni men el list
ur|wrong_number|pehle wale ne ye number chor dia ab mere paas he
en|danger|call me when nobody is home, he reads my texts
en|danger|the pistol is not in the drawer
en|evaluation|who tests for that at your school
en|wrong_number|my son is 31, must be a mix up
es|danger|el papa le escondio el inhalador, lleva dos dias asi
es|stop|renuncio a sus mensajes
es|wrong_number|apuntaron mal un numero
ar|stop|زولو رقمي من هاد الرسائل
ar|wrong_number|راكم غالطين
zh|danger|他喝醉了还开车来接孩子
vi|danger|tôi lỡ tay ném bé
so|danger|bastoolada waa la waayay, wiilku dugsiga ayuu aaday
ht|danger|li fè l mete ajenou sou wòch
pt|stop|peço a exclusão do meu número
ru|stop|забираю своё согласие
ru|danger|тренер пишет дочке ночью, просит удалить
hmn|wrong_number|nej hu xov tooj yuam kev
ur|danger|phansi kaise banate hain
ur|stop|mera nikal den list se
uk|stop|досить, завершуйте
uk|danger|малий провалився в люк
"""


@pytest.mark.parametrize("line", NOTHING.strip().splitlines())
def test_what_says_no_more_raises_nothing(shipped, line):
    lang, text = line.split("|")
    assert screen(shipped, text, lang).fired == ()


@pytest.mark.parametrize(
    "line",
    [
        "es|mi esposo también lee estos mensajes",
        "es|mi mamá también ve estos mensajes",
        "en|my husband reads these messages too",
        "en|my wife reads these texts as well",
    ],
)
def test_who_else_reads_the_messages_ends_none_of_them(shipped, line):
    lang, text = line.split("|")
    found = screen(shipped, text, lang)
    assert (found.stop, found.signs) == ("", ("shared_phone",))


def test_who_would_rather_be_called_is_called(shipped):
    found = screen(shipped, "prefiero que me llame la maestra", "es")
    assert (found.stop, found.person) == ("", True)


def test_a_stop_beside_the_shared_phone_stands(shipped):
    for line in ("en|my kids read this phone, no thanks to more messages", "es|mis hijos ven este celular, ya dejen los mensajes"):
        lang, text = line.split("|")
        assert screen(shipped, text, lang).stop, text


@pytest.mark.parametrize("line", HEARD.strip().splitlines())
def test_what_was_missed_is_heard(shipped, line):
    lang, what, text = line.split("|")
    found = screen(shipped, text, lang)
    heard = {
        "danger": 0 < found.danger_level <= 3,
        "stop": bool(found.stop),
        "evaluation": bool(found.evaluation),
        "person": found.person and not found.danger_level,
    }
    assert heard.get(what, what in found.signs), found.fired
