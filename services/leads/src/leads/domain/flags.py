"""What the door says it did with a submission that it took but could not use as it was sent: the whole vocabulary.

What a field held is never lost by it: it stands, sealed, among the lead's answers under the name it was sent by.
"""

TEXTS = ("region", "postcode", "product", "industry", "channel", "campaign", "form", "sender")

UNKNOWN_CAMPAIGN = "unknown campaign"
SOURCE_CLAIMED = "source_claimed"
SOURCE_UNKNOWN = "source_unknown"
ANSWER_SEALED = "answer_sealed"
ANSWER_CUT = "answer_cut"
ANSWERS_CUT = "answers_cut"
ANSWER_UNREADABLE = "answer_unreadable"
FIELD_UNKNOWN = "field_unknown"
MESSAGE_CUT = "message_cut"
CONTACT_CUT = "contact_cut"
CONTACT_UNREADABLE = "contact_unreadable"
EMAIL_UNREADABLE = "email_unreadable"
EMAIL_OTHERS = "email_others"
PHONE_UNREADABLE = "phone_unreadable"
PHONE_OTHERS = "phone_others"
PHONE_WITHHELD = "phone_withheld"
COUNTRY_UNREADABLE = "country_unreadable"
LANGUAGE_UNREADABLE = "language_unreadable"
AMOUNT_UNREADABLE = "amount_unreadable"
REASON_SEALED = "reason_sealed"
TRAP_FILLED = "trap_filled"
SENT_TOO_FAST = "sent_too_fast"
TOKEN_MISSING = "token_missing"
NO_ORIGIN = "no_origin"
PROOF_MISSING = "proof_missing"
SIGNALS = frozenset({TRAP_FILLED, SENT_TOO_FAST, TOKEN_MISSING, PROOF_MISSING})  # what a scorecard may weigh

FLAGS = {
    UNKNOWN_CAMPAIGN: "the campaign it names is not planned (yet)",
    SOURCE_CLAIMED: "the public door was told another source than the web; it counts as web",
    SOURCE_UNKNOWN: "the source is none of ours; it counts as import, and its name is the channel if none was given",
    ANSWER_SEALED: "an attribute or field may be about a person, or is prose; it is kept sealed",
    ANSWER_CUT: "an answer was longer than is kept",
    ANSWERS_CUT: "there were more answers than are kept",
    ANSWER_UNREADABLE: "an attribute held what is no value, such as NaN",
    FIELD_UNKNOWN: "a field that the form does not have; it is kept sealed",
    MESSAGE_CUT: "the message was longer than is kept",
    CONTACT_CUT: "a name, company or address was longer than is kept; all of it is among the answers",
    CONTACT_UNREADABLE: "the contact held something that is no text",
    EMAIL_UNREADABLE: "no mail can be sent to what was given; the lead can be reached otherwise",
    EMAIL_OTHERS: "the field held more than one e-mail address; the first counts, the others are among the answers",
    PHONE_UNREADABLE: "no such telephone number can exist, or its country is not known; the lead can be reached otherwise",
    PHONE_OTHERS: "the field held more than one telephone number; the first counts, the others are among the answers",
    PHONE_WITHHELD: "the caller's number was not shown",
    COUNTRY_UNREADABLE: "no country is called so",
    LANGUAGE_UNREADABLE: "no language tag",
    AMOUNT_UNREADABLE: "no amount, or of no currency",
    REASON_SEALED: "an outcome's reason was prose; the reason is `other`, and the prose is kept sealed",
    TRAP_FILLED: "a form's field that people don't see was filled, by a program or by a browser that fills what it finds",
    SENT_TOO_FAST: "a form was sent faster than people write",
    TOKEN_MISSING: "a form was sent without word of when it was shown, or a day and more after it",
    PROOF_MISSING: "a form that asks for a proof of work was sent without one, by a program or a browser without scripts",
    NO_ORIGIN: "a form's page did not say of which site it is",
    **{f"{name}_unreadable": f"the {name} was too long or held characters that hide something" for name in TEXTS},
}
