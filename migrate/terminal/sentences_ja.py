"""The findings' own sentences in Japanese: an English template with values -> the same sentence with the same values.

The sentences are made where the finding is, in English, and stand so in report.json. A template is matched piece by piece, so
the time grows with the text alone, whatever a crontab holds. A sentence that no row knows keeps its English words.
"""

from __future__ import annotations

from collections.abc import Mapping

_EMPTY = (
    "a task begins with an empty disk and finds there only what this run itself has written. Bring the data by EFS or S3, or "
    "keep the job on its host."
)
_EMPTY_JA = (
    "タスクは空のディスクで始まり、そこにあるのはその実行自身が書いたものだけです。"
    "EFS か S3 でデータを渡すか、ジョブをサーバーに残してください。"
)
_ROWS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "C103": (("`{}` with nothing behind it", "`{}` の右辺が空です。"),),
    "C201": (
        (
            "`{}` starts when the machine boots; no clock starts it, so no schedule can: ecs.yml has a service",
            "`{}` はサーバーの起動時に動きます。"
            "時刻では起動しないのでスケジュールにできず、ecs.yml ではサービスになります。",
        ),
    ),
    "C203": (
        (
            "`{}` matches no date that exists, so it has never run",
            "`{}` に当てはまる日付は存在しないため、一度も実行されていません。",
        ),
    ),
    "C206": (
        (
            "`{}` runs when the day of month or the day of week matches",
            "`{}` は日か曜日のどちらかが一致すれば実行されます。",
        ),
    ),
    "C207": (
        (
            "`{}` runs only when day of month and day of week both match (a field starts with `*`)",
            "`{}` は日と曜日の両方が一致したときだけ実行されます（片方が `*` で始まるため）。",
        ),
    ),
    "C209": (
        (
            "no few expressions say these dates; a guard stops the starts on other dates",
            "少数の式ではこの日付を表せません。ほかの日付での起動はガードが止めます。",
        ),
    ),
    "C210": (
        (
            "it takes {} expressions to say this schedule; none starts a run twice",
            "このスケジュールには式が {} 個必要です。二重に起動するものはありません。",
        ),
    ),
    "C301": (
        (
            "{} of {} runs move while clocks in {} show another offset: {}",
            "{1} 回中 {0} 回の実行が、{2} の時差が変わる期間にずれます（{3}）。",
        ),
    ),
    "C302": (
        (
            "{} of {} runs are lost at clock changes in {}",
            "{1} 回中 {0} 回の実行が、{2} の夏時間の切り替えで欠落します。",
        ),
    ),
    "C303": (("{} runs are added at clock changes in {}", "{1} の夏時間の切り替えで {0} 回の実行が追加されます。"),),
    "C404": (
        (
            "Output was mailed to {}; now they are told when a run fails.",
            "出力は {} にメールされていました。今後は実行が失敗したときに通知します。",
        ),
    ),
    "C408": (
        (
            "Output was mailed to `{}`, a user of the host; on AWS nobody is mailed.",
            "出力はサーバーのユーザー `{}` にメールされていました。AWS では誰にも届きません。",
        ),
    ),
    "C413": (
        (
            "Where {} fails, the task ends with 0 all the same, by {}: no alarm can see it.",
            "{0} が失敗しても、{1} のためタスクは 0 で終わり、アラームは気づけません。",
        ),
    ),
    "C414": (
        (
            "A pipe hides the exit status of all but its last command.",
            "パイプでは最後のコマンド以外の終了ステータスが失われます。",
        ),
        ("A pipe hides the exit status of {}.", "パイプのため {} の終了ステータスが失われます。"),
    ),
    "C415": (
        (
            "The pipe into `{}` hid the exit status of the job; now a failure is seen.",
            "`{}` へのパイプで隠れていたジョブの終了ステータスが見えるようになり、失敗に気づけます。",
        ),
    ),
    "C416": (
        (
            "`&` put the job into the background; the container waits for it, so that it is not cut short.",
            "`&` でバックグラウンドに回されていましたが、途中で切れないようにコンテナが終わりを待ちます。",
        ),
    ),
    "C417": (
        (
            "`{}` comes back at once and leaves its work in the background: the task ends then, and the work with it. "
            "Start it in the foreground.",
            "`{}` はすぐに戻り、仕事をバックグラウンドに残します。"
            "その時点でタスクが終わり、仕事も終わります。フォアグラウンドで起動してください。",
        ),
    ),
    "C418": (
        (
            "The lock `{}` has no time limit: a lease must end some time, or a run that hangs blocks the rest.",
            "ロック `{}` に時間制限がありません。リースに期限がないと、止まった実行がほかの実行を妨げます。",
        ),
    ),
    "C419": (
        (
            "The crontab's PATH has `{}`, where `{}` may stand: it goes along, in place of the image's own PATH.",
            "crontab の PATH に `{0}` があり、`{1}` はそこにあるかもしれません。イメージ自身の PATH の代わりに引き継ぎます。",
        ),
        (
            "The crontab's PATH has `{}`; the image's own PATH must find the programs.",
            "crontab の PATH に `{}` があります。イメージ自身の PATH でプログラムが見つかる必要があります。",
        ),
    ),
    "C420": (
        (
            "Its output went to `{}`; it goes to CloudWatch Logs now.",
            "出力先は `{}` でしたが、今後は CloudWatch Logs に送られます。",
        ),
    ),
    "C421": (
        (
            "It writes its output to `{}`: a container's files are gone when the task ends.",
            "出力を `{}` に書きますが、コンテナのファイルはタスクの終了とともに消えます。",
        ),
        (
            "`{}` writes `{}` inside the container, and it is gone when the task ends. If something reads it later, write to "
            "S3 or EFS.",
            "`{0}` はコンテナ内の `{1}` に書き、それはタスクの終了とともに消えます。"
            "あとで読むものがあるなら S3 か EFS に書いてください。",
        ),
    ),
    "C422": (
        (
            "Its output was thrown away; it goes to CloudWatch Logs now.",
            "出力は捨てられていましたが、今後は CloudWatch Logs に送られます。",
        ),
    ),
    "C425": (
        (
            "It ran as `{}`; a container runs as its image's own user, often root, until ecs.yml has a `user`.",
            "`{}` として実行されていました。ecs.yml に `user` がなければ、"
            "コンテナはイメージ自身のユーザー（多くは root）で動きます。",
        ),
    ),
    "C430": (
        (
            "It waits {} seconds before it begins; the pause stays in the command.",
            "始まる前に {} 秒待ちます。この待ち時間はコマンドに残ります。",
        ),
        (
            "It waited up to {} seconds, at random: a flexible window in Scheduler; a rule starts it at once.",
            "最長 {} 秒、無作為に待っていました。Scheduler では柔軟な時間枠になり、ルールではすぐに起動します。",
        ),
    ),
    "C433": (
        (
            "Where {} fails, the rest of the text runs on, and how that ends is how the task ends.",
            "{} が失敗しても残りのコマンドは続き、その終わり方がタスクの終わり方になります。",
        ),
    ),
    "C440": (("`{}` becomes part of the schedule: {}.", "`{0}` はスケジュールに取り込まれます（{1}）。"),),
    "C445": (
        ("`%` passes `{}` to the job's standard input.", "`%` は `{}` をジョブの標準入力に渡します。"),
        ("`%` gives the job a standard input without text.", "`%` はジョブに空の標準入力を渡します。"),
    ),
    "C448": (
        (
            "It reads the clock of {}: TZ={} is carried, and the image must hold zone data for it",
            "{0} の時計を読みます。TZ={1} を渡しますが、イメージにそのタイムゾーンのデータが必要です。",
        ),
    ),
    "C451": (
        (
            "`{}` is a login or interactive shell here: it reads the host's profile files for PATH and the like. The container "
            "does not; the image must set what they set.",
            "ここの `{}` はログインシェルか対話シェルで、PATH などをサーバーのプロファイルから読みます。"
            "コンテナは読まないので、"
            "同じ設定をイメージで行ってください。",
        ),
    ),
    "C452": (
        (
            "It reads shell settings from `{}`: the container needs that file, or its variables as environment.",
            "シェルの設定を `{}` から読みます。コンテナにはそのファイルか、同じ環境変数が必要です。",
        ),
    ),
    "C455": (
        (
            "`{}` is the release that a deploy tool points to. In the image the program stands where you put it.",
            "`{}` はデプロイツールが指すリリースです。イメージでは、あなたが置いた場所にプログラムがあります。",
        ),
    ),
    "C456": (
        (
            "`{}` is found from the directory where cron starts a job, a home that is not known here.",
            "`{}` は cron がジョブを始めるディレクトリ（ここでは不明なホーム）から探されます。",
        ),
    ),
    "C457": (
        (
            "It reads `${}`, which cron does not set here: it is empty unless the container sets it.",
            "`${}` を読みますが、ここでは cron が設定しません。コンテナで設定しないかぎり空です。",
        ),
    ),
    "C458": (
        (
            "The line ends with a carriage return (DOS line endings): it is part of the last word.",
            "行末に復帰文字（DOS の改行）があり、最後の語の一部になっています。",
        ),
    ),
    "C463": (
        (
            "`{}` runs until somebody ends it: that is a service, not a scheduled task.",
            "`{}` は誰かが止めるまで動き続けます。これは定期タスクではなくサービスです。",
        ),
    ),
    "C472": (
        (
            "`{}` asks {}: in a container that is the container itself, where nobody answers. Give it the real address.",
            "`{0}` は {1} に接続しますが、コンテナではコンテナ自身のことで、応答するものがありません。"
            "実際のアドレスを指定してください。",
        ),
    ),
    "C471": (
        (
            "It sends mail with `{}`: a container has no mail server. Use SES or a notification.",
            "`{}` でメールを送りますが、コンテナにメールサーバーはありません。SES か通知を使ってください。",
        ),
    ),
    "C474": (
        (
            "It uses `{}`: containers have one user each, and the tool may be missing.",
            "`{}` を使いますが、コンテナのユーザーは一人で、このツールがないこともあります。",
        ),
    ),
    "C486": (
        (
            "`{}` reads `{}`, this host's disk: " + _EMPTY,
            "`{0}` は `{1}`（このサーバーのディスク）を読みます。" + _EMPTY_JA,
        ),
        (
            "`{}` reads `{}`, the user's home directory on this host: " + _EMPTY,
            "`{0}` は `{1}`（このサーバー上のユーザーのホーム）を読みます。" + _EMPTY_JA,
        ),
        (
            "`{}` changes `{}`, this host's disk: " + _EMPTY,
            "`{0}` は `{1}`（このサーバーのディスク）を変更します。" + _EMPTY_JA,
        ),
        (
            "`{}` changes `{}`, the user's home directory on this host: " + _EMPTY,
            "`{0}` は `{1}`（このサーバー上のユーザーのホーム）を変更します。" + _EMPTY_JA,
        ),
    ),
    "C493": (
        (
            "Nobody here knows the program `{}`: does it serve this host, or can an image hold it?",
            "プログラム `{}` は未知のものです。"
            "このサーバーのためのものか、イメージに入れられるものか、決めてください。",
        ),
    ),
    "C494": (
        (
            "The image must hold `{}`; nobody has looked into it.",
            "イメージに `{}` が必要ですが、イメージはまだ調べられていません。",
        ),
    ),
}
"""Code -> (English template, Japanese template)."""


def in_japanese(code: str, message: str) -> str | None:
    """The sentence in Japanese; None where no row knows it."""
    for english, japanese in _ROWS.get(code, ()):
        found = _values(english.split("{}"), message)
        if found is not None:
            said = japanese.format(*found)
            return _ways(said) if code == "C301" else said
    return None


def _values(pieces: list[str], text: str) -> list[str] | None:
    """What stands between the pieces, the first fit from the left; None where the text is another sentence."""
    first, *rest = pieces
    if not rest:
        return [] if text == first else None
    last = rest.pop()
    if not text.startswith(first) or not text.endswith(last):
        return None
    at, end, found = len(first), len(text) - len(last), list[str]()
    for piece in rest:
        there = text.find(piece, at, end)
        if there < 0:
            return None
        found.append(text[at:there])
        at = there + len(piece)
    found.append(text[at:end])
    return found if at <= end and all(found) else None


def _ways(text: str) -> str:
    """`-1 h (215 runs)`, by how much how many runs move."""
    return text.replace(" h (", " 時間 (").replace(" min (", " 分 (").replace(" runs)", " 回)。")
