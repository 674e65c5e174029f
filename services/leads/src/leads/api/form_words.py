"""What a form says by itself, in the languages served: its author writes everything else."""

from typing import NamedTuple


class FormWords(NamedTuple):
    """The words of one language. ``wrong`` heads a list of what has to be corrected; ``optional`` stands behind a label."""

    send: str
    sending: str
    thanks: str
    received: str
    wrong: str
    failed: str
    paused: str
    paused_why: str
    absent: str
    elsewhere: str
    too_many: str
    too_large: str
    required: str
    email: str
    phone: str
    contact: str
    choice: str
    number: str
    long: str
    unreadable: str
    consent: str
    choose: str
    optional: str


WORDS = {
    "en": FormWords(
        "Send",
        "Sending …",
        "Thank you",
        "Your message has arrived. We will get back to you.",
        "Please correct what is marked.",
        "This could not be sent. Please try again in a moment.",
        "This form is resting",
        "It takes no messages at the moment. Please come back later.",
        "There is no such form",
        "This form can't be sent from that page.",
        "Too many messages came from here. Please try again later.",
        "This is more than the form takes. Please write less.",
        "Please fill this in.",
        "This is not an e-mail address.",
        "This is not a telephone number. Please write it with its country code.",
        "Please give an e-mail address or a telephone number.",
        "Please choose one of these.",
        "Please write a number.",
        "This is too long.",
        "This can't be read.",
        "We need your consent to this.",
        "Please choose",
        "optional",
    ),
    "fr": FormWords(
        "Envoyer",
        "Envoi en cours…",
        "Merci",
        "Votre message est bien arrivé. Nous vous répondrons.",
        "Veuillez corriger ce qui est signalé.",
        "L’envoi n’a pas abouti. Veuillez réessayer dans un instant.",
        "Ce formulaire est en pause",
        "Il ne prend pas de messages pour le moment. Revenez plus tard.",
        "Ce formulaire n’existe pas",
        "Ce formulaire ne peut pas être envoyé depuis cette page.",
        "Trop de messages sont venus d’ici. Veuillez réessayer plus tard.",
        "C’est plus que ce formulaire ne prend. Veuillez raccourcir.",
        "Veuillez remplir ce champ.",
        "Ce n’est pas une adresse e-mail.",
        "Ce n’est pas un numéro de téléphone. Écrivez-le avec l’indicatif du pays.",
        "Veuillez donner une adresse e-mail ou un numéro de téléphone.",
        "Veuillez choisir l’une de ces réponses.",
        "Veuillez écrire un nombre.",
        "C’est trop long.",
        "Ceci est illisible.",
        "Nous avons besoin de votre accord.",
        "Veuillez choisir",
        "facultatif",
    ),
    "fa": FormWords(
        "فرستادن",
        "در حال فرستادن…",
        "سپاس از شما",
        "پیام شما رسید. با شما تماس می‌گیریم.",
        "لطفاً موارد مشخص‌شده را درست کنید.",
        "فرستاده نشد. لطفاً کمی بعد دوباره بفرستید.",
        "این فرم فعلاً بسته است",
        "اکنون پیامی نمی‌گیرد. لطفاً بعداً دوباره سر بزنید.",
        "چنین فرمی نیست",
        "این فرم را از آن صفحه نمی‌توان فرستاد.",
        "پیام‌های زیادی از اینجا آمده است. لطفاً بعداً دوباره بفرستید.",
        "این بیش از آن است که فرم می‌پذیرد. لطفاً کوتاه‌تر بنویسید.",
        "لطفاً این را پر کنید.",
        "این نشانی ایمیل نیست.",
        "این شمارهٔ تلفن نیست. لطفاً آن را با کد کشور بنویسید.",
        "لطفاً نشانی ایمیل یا شمارهٔ تلفن بدهید.",
        "لطفاً یکی از این‌ها را برگزینید.",
        "لطفاً عدد بنویسید.",
        "این بیش از اندازه بلند است.",
        "این خوانده نمی‌شود.",
        "به موافقت شما نیاز داریم.",
        "برگزینید",
        "اختیاری",
    ),
    "hi": FormWords(
        "भेजें",
        "भेजा जा रहा है…",
        "धन्यवाद",
        "आपका संदेश मिल गया है। हम आपसे संपर्क करेंगे।",
        "कृपया चिह्नित बातें ठीक करें।",
        "भेजा नहीं जा सका। कृपया थोड़ी देर में फिर भेजें।",
        "यह फ़ॉर्म अभी बंद है",
        "अभी यहाँ संदेश नहीं लिए जा रहे हैं। कृपया बाद में आएँ।",
        "ऐसा कोई फ़ॉर्म नहीं है",
        "यह फ़ॉर्म उस पन्ने से नहीं भेजा जा सकता।",
        "यहाँ से बहुत संदेश आए हैं। कृपया बाद में फिर भेजें।",
        "यह फ़ॉर्म की सीमा से अधिक है। कृपया कम लिखें।",
        "कृपया इसे भरें।",
        "यह ईमेल पता नहीं है।",
        "यह फ़ोन नंबर नहीं है। कृपया देश के कोड के साथ लिखें।",
        "कृपया ईमेल पता या फ़ोन नंबर दें।",
        "कृपया इनमें से एक चुनें।",
        "कृपया संख्या लिखें।",
        "यह बहुत लंबा है।",
        "यह पढ़ा नहीं जा सकता।",
        "इसके लिए आपकी सहमति चाहिए।",
        "कृपया चुनें",
        "वैकल्पिक",
    ),
    "zh": FormWords(
        "提交",
        "正在提交…",
        "谢谢",
        "您的留言已收到，我们会与您联系。",
        "请更正标出的内容。",
        "未能提交，请稍后再试。",
        "此表单暂停使用",
        "目前不接收留言，请稍后再来。",
        "没有这个表单",
        "不能从该页面提交此表单。",
        "来自此处的留言过多，请稍后再试。",
        "内容超出表单的限制，请写短一些。",
        "请填写此项。",
        "这不是电子邮箱地址。",
        "这不是电话号码，请连同国家代码一起填写。",
        "请填写电子邮箱或电话号码。",
        "请从中选择一项。",
        "请填写数字。",
        "内容过长。",
        "无法识别此内容。",
        "需要您同意。",
        "请选择",
        "选填",
    ),
}
