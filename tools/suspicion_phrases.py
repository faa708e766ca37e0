"""What sentences that speak to software say, in several languages: words by name, and rules made of them.

A rule is a regular expression over a sentence in lower case. In it, `{name}` stands for the words of that name, `^` for
the beginning of a clause, a blank for white space, and `~` for whatever comes within 60 characters. An indented line
goes on with the one above. Nothing repeats without a bound, so that looking for a rule is linear in the text.
"""

ENGLISH = r"""
ignore = ignore|disregard|forget|override|bypass|discard|neglect|abandon|overlook|cancel|pay no attention to
    |take no notice of|(?:do not|don't|stop) (?:follow|obey|listen(?:ing)? to)(?:ing)?
earlier = previous|prior|current|above|earlier|preceding|foregoing|initial|original|existing|past|former|system
    |developer
all = all|any|every|each|of|the|your|my|these|those|and|or
orders = (?:instruction|directive|prompt|guideline|direction|order|task|system message)s?|programming
page = (?:page|text|document|(?:web ?)?site|article|content|file|message|paper|report|source)s?
ai = (?:(?:an?|any|all|the|large|helpful|autonomous) ){0,3}(?:{model}(?: (?:model|assistant|agent|system|bot|crawler
    |tool|reader|reviewer|summari[sz]er))?s?\b(?! {people}))
model = (?:generative )?ai(?: language)?|artificial intelligence|language model|llm|chatgpt|claude|chatbot|web agent
    |automated summari[sz]er
people = research|engineer|develop|compan|student|enthusia|practi|team|expert|lab\b|startup|vendor|user
secret = system|initial|original|hidden|secret|internal|developer|confidential
prompt = {secret}[ -]?(?:prompt|instruction|message|directive|guideline)s?
show = reveal|repeat|show|print|output|display|leak|disclose|tell|give|quote|send|write|share|expose|dump|paste
    |summari[sz]e|translate|encode|recite|spell-?check|rewrite|rephrase|explain|list
somebody = (?:unrestricted|unfiltered|uncensored|jailbroken|evil|helpful|different|new|\w+bot|\w+gpt|dan)\b|{model}
    |assistant|hacker|pirate|free (?:of|from)|in \w+ mode
answer = answers?|repl(?:y|ies)|response|summary|output
not = (?:do not|don't|never|must not|avoid|refrain from)
place = https?://|www\.|\S{1,40}@\S|(?:this|the following|our|the attacker's?) (?:url|address|server|link|webhook
    |endpoint)
private = conversation|chat (?:history|log)|system prompt|your (?:context|memory|instructions|prompt|notes|findings)
    |user(?:'s|s)? (?:question|query|data|prompt|request|message|e-?mail|files
    |documents|history|contacts|password|api key|credential|personal)
tool = (?:browser|browsing|search|web[_ -]?search|fetch|e-?mail|shell|terminal|code[_ -]interpreter|python|bash|http
    |(?:send|delete|get|post|run)_\w{1,20})[_ ]?(?:tool|plugin)
open = visit|fetch|open|click|load|browse|navigate|request|download|retrieve|call

# Take no notice of what you were told.
^{ignore} (?:{all} ){1,4}(?:{earlier},? (?:and |or )?){1,3}(?:\w+ ){0,2}{orders}
^{ignore} (?:{all} ){0,3}your (?:\w+ ){0,2}(?:{orders}|rules|constraints|restrictions|training|safety)
^{ignore} (?:all|any|everything|anything|whatever|what)\b~you (?:were|have been|had been|are|'ve been) (?:told|given
    |asked|instructed|taught)
^{ignore} (?:everything|all (?:the )?(?:text|content|context)|{all} {orders}) (?:above|before|prior to)
\b(?:new|updated|real|actual|true|revised) (?:system )?{orders} ?(?:for {ai} ?)?:
^{ignore} (?:{all} )?{orders} (?:in|of|from) (?:the|your) (?:system|developer|user)\b
\byour (?:new|real|actual|true|only|updated) (?:task|instructions?|goal|objective|mission|job)s? (?:is|are)\b
\b(?:supersede|override|replace|take precedence over)s? (?:all |any )?(?:your|{earlier}) (?:\w+ ){0,2}{orders}
^{ignore} (?:the|all|any)(?: of)?(?: the)? ?(?:{page} )?(?:above|before)(?: this)?(?: and| instead|[,.;!]|$)
^{ignore} (?:all|everything|anything|what|whatever)\b~\b(?:said|written|told|stated|instructed)\b
\b(?:your|all) (?:{earlier} ){1,2}{orders} (?:are|were|have been) (?:now )?(?:void|cancel|revoked|superseded|obsolete
    |invalid|outdated|overridden|deleted|a test|no longer)
\b{orders} (?:above )?are\b~(?:follow these|ignore them)
^(?:comply with|obey) (?:all|every|any) (?:\w+ )?(?:request|order|command)s?\b
^{ignore} (?:{all} ){1,3}{orders} (?:that|which) (?:came|come|were|precede|you)\b
\b(?:rules|{orders}) no longer apply to you\b
# You are somebody else.
\blet's (?:play|pretend|imagine|role-?play)\b~\byou are\b
\byou are (?:chatgpt|claude|an? {model}) (?:with no|without)\b
\byou(?: are|'re) now (?:(?:an?|the|my) )?(?:\w+ ){0,2}(?:{somebody})
\byou(?: will| must| shall)? now (?:answer|respond|reply|act|behave|speak|obey|ignore|pretend|serve)\b
\byou are no longer (?:bound|restricted|limited by|an? {model})
^(?:act as|pretend (?:to be|that you are|you are|you're)|role-?play as|behave like) (?:an? )?(?:\w+ ){0,2}(?:
    {somebody})
\bfrom (?:now|this point|here) on(?:wards?)?,? (?:you (?:are|must|should|shall|will (?:only|always|never|act|answer
    |respond|reply|speak|obey))|(?:always |only |never )?(?:answer|respond|reply|speak|behave|act|obey|ignore))\b
\b(?:enter|enable|activate|switch to) (?:dan|jailbreak|god|unrestricted|unfiltered) mode\b|\bdo anything now\b
# Show what you were told.
^{show} (?:\w+ ){0,3}(?:your|the) (?:\w+ ){0,3}{prompt}
^(?:reveal|repeat|leak|disclose|recite|dump|print|output|expose) (?:\w+ ){0,3}your (?:\w+ ){0,2}{orders}
^(?:repeat|print|output|recite) (?:(?:all|everything|the|of|text|words|content) ){1,4}(?:above|before)~(?:you are
    |verbatim|word for word|starting with)
^{show} ~\byour (?:\w+ )?prompt\b
^{show} your instructions\b
\bwhat (?:is|are|was|were) your (?:\w+ )?{prompt}
\bsystem prompt ?(?:override|:~you (?:are|must|will|should))
^(?:what|{show})\b~{orders} (?:that )?you (?:were|have been|are) given\b
^{show} (?:\w+ ){0,2}(?:everything|all|the text|what)\b~\b(?:above|before) this (?:line|point|sentence|message|text)
^{show} (?:\w+ ){0,5}your context(?: window)?\b
# This is for software.
^(?:{ai}|assistant)[:,] (?:please|you|when|ignore|click|visit|send|do not|don't|always|never|if)\b
\b{ai} (?:must|should|has to|have to|needs? to) (?:\w+ )?(?:open|visit|click|download|fetch|run|execute)\b~https?://
^(?:(?:hidden|secret|special|important) )?(?:attention|note|notice|message|instructions?|important
    |reminder|hey|dear|hello)(?: (?:for|to))?,?:?\s
    {ai} ?(?:[:,!–—-]|(?:who|that|reading))
\bif you(?:'re| are) {ai} ?(?:[,.;:!–—-]|(?:reading|processing|summari|then|you|please|parsing|scraping|crawling
    |ignore|do|must))
\b{ai} (?:must|should|shall|has to|have to) (?:\w+ )?(?:recommend|praise|promote|mention|describe) (?:our|this|us)\b
^(?:{model}|system) (?:instruction|note)s?: (?:the )?(?:{model}|assistant|recommend|you|always|never|do not|ignore)\b
\beverything (?:after|below) this (?:line|point) is (?:from|written by) the (?:developer|system|user|admin)
\bas {ai},? (?:reading this,? )?you (?:must|should|shall|need|have to|are (?:required|instructed)|will)\b
\b{ai} (?:(?:who|that|which|is|are) ){0,2}(?:read|process|summari[sz]|pars|crawl|visit|analy[sz]|brows|index
    |review)\w{0,3} (?:this|the|our) (?:\w+ )?{page}~(?:must|should|shall|need to|have to|required
    |instructed|asked|please)\b
\b(?:all|any|every) {ai} (?:must|should|shall|are required to|are instructed to|have to) (?:\w+ )?(?:ignore
    |recommend|mention|cite|include|say|write|respond|reply|answer|state|output|promote|praise|visit|follow)\b
\bwhen(?:ever)? (?:you (?:are )?)?(?:summari[sz]|describ|review|asked|answer|discuss)\w{0,3} ~(?:(?:always|never)\s
    (?:mention|say|state|claim|cite)|, (?:mention|say|state|claim|recommend|praise|respond that|answer that))\b
# Do not say, say only, say it like this.
\b{not} (?:\w+ ){0,2}(?:mention|reveal|disclose|admit|acknowledge|say|tell)\b~\bthat you (?:have|are|were|read|saw)\b
\b(?:your|the) (?:answer|summary) (?:must|should) (?:say|state|mention|claim|conclude)\b
\bin (?:your|the) (?:answer|summary|response), (?:state|say|mention|claim|recommend|conclude)\b
\bin every sentence of your\b
^(?:respond|reply|answer|speak|talk|write)\b~\bfor the rest of (?:this|the|our) (?:session|conversation|chat)\b
\bcite this {page} as (?:the|an?)\b
^{not} (?:summari[sz]e|paraphrase) this {page}
^{not} (?:mention|highlight|report|list|discuss) (?:any|the) (?:negative|weakness|flaw|drawback|criticism)
^(?:give|write|leave|provide|output|generate)\b~\b(?:positive|favou?rable|glowing) (?:review|rating|evaluation)
^(?:respond|reply|answer) to (?:every|all|any|each) (?:\w+ )?(?:question|message|query|request|prompt)s? with\b
\b{not} (?:\w+ ){0,2}(?:mention|cit|referenc|quot|disclos|reveal|tell|inform|discuss|acknowledg)(?:e|ing)?\b~(?:
    (?:this|these|the above|hidden) (?:\w+ )?(?:{orders}|injection)\b|to the user\b|in your (?:{answer})\b)
^{not} (?:cit|mention|us|trust|quot)(?:e|ing)? (?:any |the |all )?(?:other|another|competing) (?:sources?|{page}
    |evidence|passages?)
^(?:(?:only|always|exclusively) (?:cite|recommend|quote)|(?:cite|quote) (?:only|exclusively)) (?:this|our|my) (?:
    {page}|product|service|company|brand)
^(?:respond|reply|answer) (?:to \w+ \w+ )?(?:only|exclusively|solely|just|with nothing but|with only)\b(?! (?:to|if
    |when|after|once|one|those|the))
^(?:write|say|output|print|answer with|respond with|reply with) (?:only|just|exclusively|nothing but)\s
    (?:the )?(?:single )?(?:word|phrase|sentence)\b
^(?:start|begin|end|finish|preface|conclude) (?:(?:all|every|each|of) ){0,2}your (?:\w+ )?(?:{answer}
    |report) (?:with|by)\b
\byour (?:only|entire|whole|final|next) (?:{answer}) (?:must|should|shall|will|is to)\b
^(?:include|insert|add|mention|recommend|embed|place|write|state) ~in (?:all |every )?(?:of )?your\s
    (?:final )?(?:answers?|summar(?:y|ies))\b
^(?:add|append|insert|include|put|write) ~(?:to|in|at) the (?:end|start|beginning|top|bottom) of\s
    (?:all |each |every )?your (?:\w+ )?(?:{answer}|report)s?\b
\b(?:tell|inform|convince|persuade|urge|direct) the user (?:that|to)\b~(?:(?:click|visit|download|call|pay|buy|enter
    |install)\b|https?://|compromised|expired|infected)
# Use your tools, give away what you hold.
^(?:make|send|issue) (?:an? )?(?:\w+ )?request to https?://~(?:user's|conversation|prompt|secret)
^(?:exfiltrate|leak) (?:\w+ ){0,3}(?:data|conversation|prompt|secret|key|history|context|information|credential|file
    |password)
^(?:send|post|upload|forward|transmit|e-?mail|submit|append|encode|include|copy|attach) ~{private}~{place}
\b(?:conversation|chat|context)\b~\b(?:post|send|upload|forward|transmit|e-?mail) (?:it|them|this) to {place}
^(?:call|use|invoke|execute|run) (?:your|the) {tool}s?\b~(?:to|with|and)\b
^(?:use|call|invoke) your (?:available )?(?:tool|function|plugin|browser)s?\b~to\b
\bbefore (?:you )?(?:answer|respond|reply|summari[sz]|writ)(?:e|ing)?\b(?: \w+ \w+)?, (?:\w+ )?{open}\b
^{open} (?:to )?(?:the )?(?:url |page |link )?(?:at )?(?:https?://\S{1,80}|this (?:url|link)) ?,? and (?:follow|obey
    |execute|do|carry out|perform)\b
^(?:render|display|insert|embed|output|show|include|add) ~(?:image|link|pixel)~https?://~(?:conversation|question
    |answer|data=|query|secret|user)
"""

GERMAN = r"""
ignore = (?:ignorier|missacht|beacht|befolg|vergess|verwirf|verwerf|übergeh)(?:e|t|en sie)?|vergiss
earlier = (?:vorherig|bisherig|vorangegangen|vorig|obig|früher|ursprünglich|vorstehend)(?:e|en)
orders = (?:system)?(?:anweisung|instruktion|befehl|vorgabe|regel|prompt|nachricht)(?:en|e|n|s)?
ai = (?:\w+ )?(?:ki(?:-\w+)?|sprachmodell|künstliche intelligenz|chatbot|assistent|sprachassistent)
private = unterhaltung|gespräch|chatverlauf|system-?prompt|nutzerdaten|nutzers|deinen kontext

^{ignore} (?:\w+ ){0,3}(?:{earlier}|deine|ihre) (?:\w+ ){0,2}{orders}\b
^{ignore} alles\b~\b(?:gesagt|davor|vorher|bisher|oben)\b
\b(?:du bist|sie sind) (?:jetzt|nun|ab jetzt|ab sofort|von nun an) (?:\w+ ){0,3}(?:{ai}|bot|hacker|pirat|dan)\b
\b(?:ab jetzt|ab sofort|von (?:nun|jetzt) an) (?:antwort|bist du|wirst du|sprichst|musst du|gehorch)
^(?:antworte|antworten sie) (?:bitte )?(?:nur|ausschließlich|lediglich)(?: noch)? (?:mit|auf)\b
\b(?:zeig|verrat|nenn|wiederhol|gib|offenbar|druck|schreib)\w* (?:\w+ ){0,3}(?:system-?prompt|system-?anweisung
    |(?:deine|ihre) (?:\w+ )?{orders})
\bals {ai}\b~(?:musst|sollst|darfst|wirst) du\b|\bals {ai} (?:musst|sollst|darfst|wirst) du\b
\b(?:wenn|falls) du (?:eine? )?{ai} bist\b
^(?:erwähne|zitiere|nenne|verrate|erwähnen sie|zitieren sie) (?:\w+ ){0,2}(?:diese {orders}|andere[nr]? quellen?
    |weiteren? quellen?)
^(?:sende|schicke|senden sie|schicken sie|übermittle|übertrage) ~{private}~(?:https?://|@)
"""

FRENCH = r"""
ignore = ignore[rz]?|oublie[rz]?|néglige[rz]?|ne (?:tiens|tenez) (?:pas|aucun|plus) compte d[eu]s?|ne (?:suis
    |suivez) (?:pas|plus)
orders = (?:instruction|consigne|directive|ordre|prompt)s?
earlier = précédente?s?|antérieure?s?|ci-dessus|données|reçues|initiales?|système|d'origine|originales?
your = (?:toutes )?(?:tes|vos|ton|votre)
ai = (?:une? )?(?:agent ia|assistant ia|ia|modèle de langage|intelligence artificielle|chatbot)
private = conversation|prompt système|données de l'utilisateur|question de l'utilisateur|ton contexte

\b{ignore} (?:\w+ ){0,3}{orders} (?:\w+ ){0,2}(?:{earlier})
\b{ignore} {your} (?:\w+ ){0,2}{orders}
\b{ignore} tout ce qui (?:précède|a été dit)
\b(?:tu es|vous êtes) (?:maintenant|désormais|à présent) (?:\w+ ){0,3}(?:{ai}|assistant|pirate|hacker|dan)\b
\b(?:désormais|à partir de maintenant|dorénavant),? (?:tu (?:es|dois|réponds|vas)|vous (?:devez répondre|répondez)
    |réponds|répondez)\b
\b(?:réponds|répondez) (?:uniquement|seulement|exclusivement) (?:par|avec|en)\b|\bne (?:réponds|répondez) que (?:par
    |avec|en)\b
\b(?:révèle|révélez|affiche[rz]?|montre[rz]?|répète|répétez|donne[rz]?|imprime[rz]?|divulgue[rz]?)(?:-moi)?\s
    (?:\w+ ){0,2}(?:(?:prompt|invite) (?:système|initiale?)|{your} (?:\w+ )?{orders})
\ben tant qu(?:e |')(?:{ai})\b~(?:tu dois|vous devez|tu ne|vous ne)\b|\ben tant qu(?:e |')(?:{ai}),? (?:tu dois
    |vous devez)\b
\bsi (?:tu es|vous êtes) {ai}\b
\bne (?:mentionne|cite|révèle)[rz]? (?:pas|jamais|aucune?) (?:\w+ ){0,2}(?:instruction|consigne|autres? source
    |prompt)
\b(?:envoie|envoyez|transmets|transmettez) ~{private}~(?:https?://|@)
"""

SPANISH = r"""
ignore = ignor[ae]n?|olvid[ae]n?|descart[ae]n?|no sigas|no siga|ha(?:z|ga) caso omiso de
orders = instrucciones|indicaciones|órdenes|directrices|directivas|prompts?
earlier = anteriores|previas|originales|iniciales|precedentes|de arriba|recibidas|del sistema|dadas
your = (?:todas )?(?:tus|sus|tu)
ai = (?:una? )?(?:ia|modelo de lenguaje|asistente de ia|inteligencia artificial|agente de ia|chatbot)
private = conversación|prompt del sistema|datos del usuario|pregunta del usuario|tu contexto

\b{ignore} (?:\w+ ){0,3}{orders} (?:\w+ ){0,2}{earlier}
\b{ignore} {your} (?:\w+ ){0,2}{orders}
\b{ignore} todo lo (?:anterior|dicho|de arriba)
\b(?:ahora eres|ahora usted es|desde ahora eres) (?:\w+ ){0,3}(?:{ai}|asistente|pirata|hacker|dan)\b
\b(?:a partir de ahora|de ahora en adelante),? (?:eres|responde|responderás|actúa|actuarás|debes|contesta
    |solo responde)\b
\b(?:respond[ae]|contest[ae]) (?:solo|sólo|solamente|únicamente|exclusivamente) (?:con|en)\b
\b(?:revel[ae]|muestr[ae]|repit[ae]|imprim[ae]|divulg[ae]|dime|escrib[ae]) (?:\w+ ){0,3}(?:(?:prompt|mensaje
    |instrucciones) (?:del? sistema|inicial(?:es)?|ocult[ao]s?)|{your} (?:\w+ )?{orders})
\bcomo {ai}\b~(?:debes|tienes que|no puedes)\b|\bcomo {ai},? (?:debes|tienes que)\b
\bsi eres {ai}\b
\b(?:no|nunca) (?:menciones|mencione|cites|cite|reveles|revele) (?:\w+ ){0,2}(?:instrucciones|otras? fuentes?|prompt
    |indicaciones)
\b(?:envía|envíe|envia|manda|mande|transmite|transmita) ~{private}~(?:https?://|@)
"""

CHINESE = r"""
ignore = 忽略|无视|無視|忘记|忘記|忘掉|不要理会|不要遵循|不要遵守|覆盖
earlier = 之前|以上|上面|上述|先前|前面|此前|所有|一切|你的|原有|系统
orders = 指令|指示|提示词|提示詞|系统消息|系统提示|设定|設定
ai = (?:一个|一名|一位)?(?:人工智能|ai|大?语言模型|大模型|聊天机器人|智能助手)(?:助手|模型|代理)?

{ignore}[^。！？]{0,6}(?:{earlier})[^。！？]{0,8}(?:{orders})
你(?:现在|現在|将|將)(?:是|扮演)[^。！？]{0,12}(?:ai|人工智能|助手|机器人|機器人|模型|黑客|dan|限制)
(?:从现在(?:起|开始)|從現在(?:起|開始))[，, ]?你(?:是|将|必须|只|要|將|必須)
(?:请|請|你)(?:只|仅|僅)(?:能|需|要|可以)?(?:回答|回复|回覆|输出|輸出)
(?:输出|輸出|显示|顯示|告诉我|告訴我|透露|泄露|洩露|重复|打印|复述)[^。！？]{0,8}(?:系统提示|系統提示|系统指令|系統指令|初始指令|你的指令|你的提示)
作为{ai}[，, ]?你(?:必须|应该|应当|需要|要|不能|不得)
如果你是{ai}[，,。：: 请就]
(?:不要|请勿|切勿|不得)(?:提及|提到|引用|透露|告诉用户)[^。！？]{0,12}(?:指令|指示|提示词|其他来源|其它来源)
(?:把|将|將)[^。！？]{0,20}(?:对话|對話|聊天记录|系统提示|用户数据|用户的问题|上下文)[^。！？]{0,20}(?:发送|發送|上传|上傳|提交)(?:到|至|给)
"""

LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH, CHINESE)
