"""Django's settings, made from the workspace that TWOFOLD_WORKSPACE names. There is no second place to set anything up.

Without the variable (for migrations and type checks) there is no workspace and the database is in memory.
"""

import os
import secrets
from pathlib import Path

from twofold.records.site_place import SitePlace
from twofold.web.site_database import database_settings

_HERE = Path(__file__).parent
_WORKSPACE = os.environ.get("TWOFOLD_WORKSPACE", "")
_HOSTS = os.environ.get("TWOFOLD_SITE_HOSTS", "")
_HTTPS = os.environ.get("TWOFOLD_SITE_HTTPS", "") == "1"

WORKSPACE = Path(_WORKSPACE) if _WORKSPACE else None
_PLACE = SitePlace(WORKSPACE) if WORKSPACE else None

SECRET_KEY = _PLACE.secret() if _PLACE else secrets.token_urlsafe()
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *(host for host in _HOSTS.split(",") if host)]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in _HOSTS.split(",") if host]
ROOT_URLCONF = "twofold.web.urls"
WSGI_APPLICATION = "twofold.web.wsgi.application"

DATABASES = {"default": database_settings(_PLACE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "ninja",
    "twofold.web.accounts",
    "twofold.web.company",
    "twofold.web.company.work",
    "twofold.web.company.scope_change",
    "twofold.web.lookup",
    "twofold.web.sign_on",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "twofold.web.headers.strict_headers",
    "twofold.web.api.problem.only_problems",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "twofold.web.guard.Guard",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [_HERE / "company" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "twofold.web.templating.environment"},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "overview"
ACCOUNT_ADAPTER = "twofold.web.sign_on.adapter.SignOnAdapter"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_RATE_LIMITS = {"login_failed": False}
"""Failed sign-ins are counted and locked out by axes, which keeps the count in the database."""
MFA_ADAPTER = "twofold.web.accounts.adapter.SealedFactors"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Twofold"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _HTTPS
USERSESSIONS_TRACK_ACTIVITY = True
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
"""Hours that an account stays locked for an address."""
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "twofold.web.accounts.address.login_of"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "twofold.web.accounts.address.address_of"

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "twofold_session"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _HTTPS
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_NAME = "twofold_csrf"
CSRF_COOKIE_SECURE = _HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None

TWOFOLD_API_CALLS_A_MINUTE = 600
"""Calls that one token may make in a minute."""
TWOFOLD_UPLOAD_BYTES = 200 * 1024**2
"""Most that one uploaded file may have; larger ones are captured with the command line."""
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FILES = 200
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]

STATIC_URL = "/static/"
STATIC_ROOT = None
STATICFILES_DIRS = [_HERE / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
LANGUAGES = [("en", "English")]

EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
SILENCED_SYSTEM_CHECKS = ["security.W008"]
"""Whether to send http to https is for the proxy in front, which holds the certificate."""
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"error": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["error"], "level": "ERROR", "propagate": False}},
}
