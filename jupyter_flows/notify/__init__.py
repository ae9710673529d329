"""Telling others what happened: webhooks, chat, e-mail and counters. No failure here touches a run."""
