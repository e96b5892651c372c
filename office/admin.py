"""Which lists the admin site has."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group

from badges.models import Award
from classroom.models import Cohort, LearningEvent, Look, Membership, User
from experiments.models import Run
from lessons.models import Prediction, Review, Submission
from office.classes import CohortDesk
from office.log import EventDesk, LogDesk, LookDesk
from office.people import MemberDesk, PersonDesk
from office.work import AwardDesk, PredictionDesk, ReviewDesk, RunDesk, SubmissionDesk

# What others put there and nobody needs: roles are written in `office.roles`, no e-mail address is asked for, and keys
# of log-ins are nobody's to read.
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])
admin.site.register(User, PersonDesk)
admin.site.register(Cohort, CohortDesk)
admin.site.register(Membership, MemberDesk)
admin.site.register(Submission, SubmissionDesk)
admin.site.register(Prediction, PredictionDesk)
admin.site.register(Review, ReviewDesk)
admin.site.register(Award, AwardDesk)
admin.site.register(Run, RunDesk)
admin.site.register(LearningEvent, EventDesk)
admin.site.register(Look, LookDesk)
admin.site.register(LogEntry, LogDesk)
