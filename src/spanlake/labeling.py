"""Labels by people: the questions they are asked, and the sessions in which they answer."""

from spanlake.entities.label_schema import (
    InputCategorical,
    InputNumeric,
    InputPassFail,
    InputText,
    InputTextList,
    LabelSchema,
)
from spanlake.entities.review import Label, QueueRule, ReviewItem, ReviewQueue
from spanlake.evaluation.labels.session import (
    LabelingSession,
    create_label_schema,
    create_labeling_session,
    delete_label_schema,
    delete_labeling_session,
    get_label_schema,
    get_labeling_session,
    get_labeling_sessions,
    list_label_schemas,
)

__all__ = [
    "InputCategorical",
    "InputNumeric",
    "InputPassFail",
    "InputText",
    "InputTextList",
    "Label",
    "LabelSchema",
    "LabelingSession",
    "QueueRule",
    "ReviewItem",
    "ReviewQueue",
    "create_label_schema",
    "create_labeling_session",
    "delete_label_schema",
    "delete_labeling_session",
    "get_label_schema",
    "get_labeling_session",
    "get_labeling_sessions",
    "list_label_schemas",
]
