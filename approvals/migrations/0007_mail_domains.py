"""Tables for what the requests say of the mail domains that people come from.

They begin empty, and nothing is counted here: a million requests would keep the tables locked. Where there are requests,
one piece of work is left for the workers, who count them a few hundred at a time; see `approvals.hints.history`.
"""

import django.db.models.deletion
from django.db import migrations, models


COUNT = "domains.count"


def have_earlier_requests_counted(apps, schema_editor):
    """Leave the work, once."""
    if not apps.get_model("approvals", "SignUpRequest").objects.exists():
        return
    apps.get_model("approvals", "EarlierRequestsCounted").objects.get_or_create(pk=1)
    apps.get_model("approvals", "OutboxEntry").objects.get_or_create(once=COUNT, defaults={"kind": COUNT})


def leave_them(apps, schema_editor):
    """Take the work back."""
    apps.get_model("approvals", "OutboxEntry").objects.filter(once=COUNT).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('approvals', '0006_policy_verification_hints_forecasts'),
    ]

    operations = [
        migrations.CreateModel(
            name='EarlierRequestsCounted',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('up_to', models.UUIDField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='MailDomain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(max_length=320, verbose_name='domain')),
                ('requests', models.PositiveIntegerField(default=0, verbose_name='requests')),
                ('approved', models.PositiveIntegerField(default=0, verbose_name='let in')),
                ('first_request_at', models.DateTimeField(verbose_name='first request')),
                ('last_request_at', models.DateTimeField(verbose_name='last request')),
                ('flow', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='approvals.userflow')),
            ],
            options={
                'verbose_name': 'mail domain',
                'verbose_name_plural': 'mail domains',
            },
        ),
        migrations.CreateModel(
            name='CountedRequest',
            fields=[
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='approvals.signuprequest')),
                ('submitted_at', models.DateTimeField()),
                ('let_in', models.BooleanField(default=False)),
                ('domain', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='approvals.maildomain')),
            ],
        ),
        migrations.AddIndex(
            model_name='maildomain',
            index=models.Index(condition=models.Q(('approved__gt', 0)), fields=['flow', '-last_request_at'], name='partners_of_flow'),
        ),
        migrations.AddConstraint(
            model_name='maildomain',
            constraint=models.UniqueConstraint(fields=('flow', 'domain'), name='one_row_for_each_domain'),
        ),
        migrations.AddIndex(
            model_name='countedrequest',
            index=models.Index(fields=['domain', 'submitted_at'], name='arrivals_of_domain'),
        ),
        migrations.RunPython(have_earlier_requests_counted, leave_them),
    ]
