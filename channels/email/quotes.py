"""How mail programs announce what they quote, and how people and phones sign, by language. Data for `cut`.

`WROTE`: the verb of "On <day>, <somebody> wrote:" with the word the line begins with ("" where it begins with the day or the name).
`FIELDS`: the four lines Outlook and its like put above a whole mail. `ORIGINAL`: what stands between dashes above it. `SENT_FROM`: a
phone's own signature. `CLOSINGS`: formal farewells; plain thanks are a family's words and are not among them.
"""

from __future__ import annotations

WROTE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (("On", "At"), ("wrote",)),
    "es": (("El", "En"), ("escribió", "escribio", "ha escrito")),
    "ca": (("El",), ("va escriure", "ha escrit")),
    "fr": (("Le",), ("a écrit", "a ecrit", "écrivait")),
    "de": (("Am",), ("schrieb",)),
    "it": (("Il", "In data"), ("ha scritto",)),
    "pt": (("Em", "A", "No dia"), ("escreveu",)),
    "nl": (("Op",), ("schreef", "heeft geschreven", "heeft het volgende geschreven")),
    "pl": (("W dniu", "Dnia", ""), ("napisał", "napisała", "napisał(a)", "pisze")),
    "ru": (("", "В"), ("написал", "написала", "написал(а)", "пишет", "писал", "писала")),
    "uk": (("", "В"), ("написав", "написала", "написав(ла)", "пише")),
    "bg": (("На", ""), ("написа",)),
    "da": (("Den", ""), ("skrev",)),
    "sv": (("Den", ""), ("skrev",)),
    "no": (("Den", "På", ""), ("skrev", "skreiv")),
    "fi": (("",), ("kirjoitti",)),
    "et": (("",), ("kirjutas",)),
    "cs": (("Dne", ""), ("napsal", "napsala", "napsal(a)")),
    "sk": (("Dňa", ""), ("napísal", "napísala", "napísal(a)")),
    "hu": (("",), ("ezt írta", "írta", "a következőt írta")),
    "ro": (("În", "Pe data de", "Pe"), ("a scris",)),
    "hr": (("Dana", ""), ("je napisao", "je napisala", "je napisao/la", "napisao je")),
    "tr": (("",), ("şunu yazdı", "tarihinde şunu yazdı", "yazdı")),
    "el": (("Στις", ""), ("έγραψε",)),
    "zh": (("在", "于", ""), ("写道", "寫道", "写道", "来信", "撰写")),
    "ja": (("",), ("書きました", "のメール", "さんは書きました", "wrote")),
    "ko": (("",), ("작성", "님이 작성", "님이 쓴 글")),
    "ar": (("في", "بتاريخ", ""), ("كتب", "كتبت", "كتب/ت")),
    "fa": (("در", ""), ("نوشت",)),
    "he": (("בתאריך", "ב-", ""), ("כתב", "כתבה", "מאת", "כתב/ה")),
    "vi": (("Vào", "Lúc"), ("đã viết", "viết")),
    "th": (("เมื่อ", ""), ("เขียนว่า",)),
    "hi": (("",), ("ने लिखा",)),
    "id": (("Pada",), ("menulis",)),
    "tl": (("Noong",), ("ay sumulat", "sumulat")),
    "ht": (("Nan", "Le"), ("te ekri", "ekri")),
}

FIELDS: dict[str, tuple[str, ...]] = {
    "from": (
        "From", "De", "Von", "Van", "Da", "Fra", "Från", "Lähettäjä", "Od", "От", "От кого", "Від", "Kimden", "Gönderen", "发件人",
        "寄件者", "差出人", "보낸 사람", "من", "מאת", "Από", "Từ", "Người gửi", "Feladó", "Expéditeur", "Remitente", "Mittente",
        "De la", "Dari", "Desde", "จาก", "Message du", "Saatja", "Mula kay",
    ),
    "sent": (
        "Sent", "Date", "Enviado", "Enviado el", "Enviado em", "Enviada em", "Enviada", "Fecha", "Envoyé", "Envoyé le", "Gesendet",
        "Gesendet am", "Datum", "Verzonden", "Verstuurd", "Inviato", "Inviata", "Data", "Sendt", "Dato", "Skickat", "Lähetetty",
        "Päivämäärä", "Pvm", "Wysłano", "Wysłane", "Отправлено", "Дата", "Надіслано", "Gönderildi", "Gönderme Tarihi", "Tarih",
        "发送时间", "发送日期", "日期", "寄件日期", "送信日時", "日付", "보낸 날짜", "날짜", "تاريخ الإرسال", "التاريخ", "أرسلت",
        "תאריך", "נשלח", "Στάλθηκε", "Ημερομηνία", "Đã gửi", "Ngày", "Thời gian", "Elküldve", "Dátum", "Odesláno", "Trimis",
        "Dikirim", "Tanggal", "ส่ง", "วันที่", "Odoslané", "Petsa",
    ),
    "to": (
        "To", "Para", "À", "A", "An", "Aan", "Til", "Till", "Vastaanottaja", "Do", "Кому", "Kime", "Alıcı", "收件人", "收件者",
        "宛先", "받는 사람", "إلى", "אל", "Προς", "Tới", "Đến", "Người nhận", "Címzett", "Komu", "Către", "Kepada", "Destinataire",
        "Destinatario", "ถึง", "Kay",
    ),
    "subject": (
        "Subject", "Asunto", "Objet", "Betreff", "Onderwerp", "Oggetto", "Emne", "Ämne", "Aihe", "Temat", "Тема", "Konu", "主题",
        "主題", "主旨", "件名", "제목", "الموضوع", "נושא", "Θέμα", "Assunto", "Chủ đề", "Tiêu đề", "Tárgy", "Předmět", "Predmet",
        "Subiect", "Subjek", "เรื่อง", "Sujet", "Paksa",
    ),
}  # fmt: skip

ORIGINAL: tuple[str, ...] = (
    "original message", "original email", "forwarded message", "forwarded by", "reply message", "mensaje original",
    "mensaje reenviado", "mensaje de respuesta", "message d'origine", "message d’origine", "message original", "message transféré",
    "message initial", "ursprüngliche nachricht", "original-nachricht", "originalnachricht", "weitergeleitete nachricht",
    "urspr. nachricht", "messaggio originale", "messaggio inoltrato", "mensagem original", "mensagem encaminhada",
    "mensagem reencaminhada", "oorspronkelijk bericht", "doorgestuurd bericht", "oprindelig besked", "oprindelig meddelelse",
    "videresendt besked", "ursprungligt meddelande", "originalmeddelande", "vidarebefordrat meddelande", "opprinnelig melding",
    "videresendt melding", "alkuperäinen viesti", "välitetty viesti", "wiadomość oryginalna", "oryginalna wiadomość",
    "wiadomość przekazana", "исходное сообщение", "пересылаемое сообщение", "оригинальное сообщение", "вихідне повідомлення",
    "原始邮件", "原始郵件", "转发的邮件", "转发邮件", "轉寄的郵件", "元のメッセージ", "転送メッセージ", "원본 메일", "원본 메시지",
    "الرسالة الأصلية", "رسالة معاد توجيهها", "ההודעה המקורית", "orijinal mesaj", "iletilen ileti", "původní zpráva",
    "eredeti üzenet", "mesaj original", "αρχικό μήνυμα", "thư gốc", "tin nhắn gốc", "pesan asli", "mesaj orijinal",
)  # fmt: skip

SENT_FROM: tuple[str, ...] = (
    "Sent from", "Sent via", "Sent with", "Sent by", "Get Outlook for", "Enviado desde", "Enviado por", "Enviado con",
    "Enviado del", "Enviado de", "Enviado do", "Enviado a partir", "Enviado via", "Envoyé de", "Envoyé depuis", "Envoyé à partir",
    "Envoyé avec", "Télécharger Outlook", "Obtener Outlook", "Obter o Outlook", "Gesendet von", "Gesendet mit", "Von meinem",
    "Von unterwegs", "Outlook für", "Inviato da", "Inviato dal", "Inviata da", "Scarica Outlook", "Ottieni Outlook",
    "Verzonden vanaf", "Verzonden via", "Verstuurd vanaf", "Download Outlook", "Outlook voor", "Wysłane z", "Wysłano z",
    "Pobierz aplikację Outlook", "Отправлено с", "Отправлено из", "Скачать Outlook", "Надіслано з", "Sendt fra", "Hent Outlook",
    "Last ned Outlook", "Skickat från", "Skickades från", "Hämta Outlook", "Lähetetty", "Hanki Outlook", "发自我的", "从我的",
    "發自我的", "從我的", "来自我的", "iPhoneから送信", "iPadから送信", "나의 iPhone", "أُرسلت من", "أرسلت من", "مرسل من",
    "تم الإرسال من", "نשלח מה", "נשלח מ", "iPhone'umdan", "iPhone’umdan gönderildi", "Odesláno z", "Odoslané z", "Elküldve",
    "Trimis de pe", "Στάλθηκε από", "Đã gửi từ", "Được gửi từ", "Dikirim dari", "Ipinadala mula sa", "Voye soti nan", "ส่งจาก",
)  # fmt: skip

CLOSINGS: tuple[str, ...] = (
    "regards", "best regards", "kind regards", "warm regards", "with kind regards", "many regards", "best wishes", "sincerely",
    "yours sincerely", "yours truly", "sincerely yours", "respectfully", "cordially", "saludos", "un saludo", "saludos cordiales",
    "cordiales saludos", "un cordial saludo", "atentamente", "atte", "cordialmente", "le saluda atentamente", "cordialement",
    "bien cordialement", "bien à vous", "sincères salutations", "salutations", "mit freundlichen grüßen", "mit freundlichem gruß",
    "freundliche grüße", "viele grüße", "beste grüße", "liebe grüße", "herzliche grüße", "mfg", "vg", "lg", "cordiali saluti",
    "distinti saluti", "saluti", "atenciosamente", "com os melhores cumprimentos", "cumprimentos", "met vriendelijke groet",
    "met vriendelijke groeten", "vriendelijke groeten", "groeten", "mvg", "pozdrawiam", "z poważaniem", "serdecznie pozdrawiam",
    "с уважением", "з повагою", "med venlig hilsen", "venlig hilsen", "mvh", "med vänlig hälsning", "med vänliga hälsningar",
    "vänliga hälsningar", "hälsningar", "med vennlig hilsen", "vennlig hilsen", "hilsen", "ystävällisin terveisin", "terveisin",
    "此致", "此致敬礼", "敬礼", "祝好", "مع خالص التحية", "تحياتي", "مع تحياتي", "مع أطيب التحيات", "trân trọng", "kính thư",
    "saygılarımla", "bondye beni ou", "s pozdravem", "üdvözlettel",
)  # fmt: skip
