"""qungui (群规): a compliance bot for official work groups in WeChat and QQ."""
