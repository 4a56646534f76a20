namespace Nonet.Cli.Help;

/// <summary>Command lines that --help shows for each command.</summary>
static class CommandExamples
{
    static readonly Dictionary<string, string[]> lines = new(StringComparer.Ordinal)
    {
        ["quickstart"] = ["nonet quickstart", "nonet quickstart --data my-texts/ --out runs/mine", "nonet quickstart --resume"],
        ["train"] =
        [
            "nonet train recipes/llama-1m.yaml", "nonet train recipes/llama-10m.yaml --set data.path=my-texts --set training.steps=2000",
            "nonet train recipes/llama-10m.yaml --resume",
        ],
        ["tune"] =
        [
            "nonet tune MODEL chats.jsonl", "nonet tune model-q4.gguf chats.jsonl --lora 16 --out my-run",
            "nonet tune MODEL pairs.parquet --epochs 1 --length 512",
        ],
        ["data show"] = ["nonet data show MODEL chats.jsonl", "nonet data show MODEL chats.jsonl --limit 100 --json"],
        ["data mixture"] = ["nonet data mixture recipes/mixtures/symbols.yaml --show 3",
            "nonet data mixture recipes/mixtures/symbols.yaml --write-tasks held-out"],
        ["recipes"] = ["nonet recipes", "nonet recipes llama-1m"],
        ["runs"] = ["nonet runs", "nonet runs my-runs/ --json"],
        ["runs compare"] = ["nonet runs compare runs/a runs/b --out compare.html"],
        ["generate"] =
        [
            "nonet generate runs/quickstart \"It was\"", "nonet generate model.gguf \"It was\" --temperature 0.7 --top-p 0.9 --max-tokens 100",
            "nonet generate owner/name - --json < prompt.txt",
            "nonet generate my-toolformer \"27 + 4 * 2 is\" --tools calculator,calendar,search=my-index --temperature 0",
        ],
        ["chat"] = ["nonet chat owner/name", "nonet chat model.gguf --system \"Answer in one sentence.\"",
            "nonet chat MODEL --tools calculator,search=my-index", "nonet chat MODEL --mcp \"my-server --stdio\""],
        ["translate"] = ["nonet translate runs/translate < lines.en > lines.de", "nonet translate MODEL --beam 5 --alpha 1.0 < lines.en"],
        ["perplexity"] = ["nonet perplexity runs/quickstart chapter.txt", "nonet perplexity model.gguf wiki.test.raw --json"],
        ["eval"] =
        [
            "nonet eval --list --data my-data/", "nonet eval MODEL --tasks gsm8k,gsm8k:cot --limit 200",
            "nonet eval MODEL --tasks my-task.yaml --shots 0,1,4,16 --json",
            "nonet eval MODEL --tasks gsm8k:cot --paths 40 --temperature 0.7", "nonet eval --tasks gsm8k:cot --dry-run --limit 1",
            "nonet eval my-toolformer --tasks svamp:toolformer,dateset --tools calculator,calendar --call-top-k 0,1,3,10 --beside base=MODEL",
        ],
        ["eval compare"] = ["nonet eval compare evals/a evals/b --out compare.html"],
        ["eval contamination"] = ["nonet eval contamination gsm8k,mmlu my-corpus/ --data my-data/"],
        ["winrate"] =
        [
            "nonet winrate runs/ppo runs/sft prompts.jsonl --reward runs/held-out-reward --limit 400",
            "nonet winrate MODEL OTHER prompts.jsonl --endpoint http://localhost:8080/v1 --api-model judge --out compare.html",
            "nonet winrate runs/sft runs/sft prompts.jsonl --best-of 16 --select runs/reward --words good,man",
        ],
        ["reward"] = ["nonet reward runs/reward \"A prompt.\" \"An answer.\" \"Another answer.\""],
        ["embed"] =
        [
            "nonet embed MODEL \"A dog runs.\"", "nonet embed MODEL \"A dog runs.\" --pooling last --normalize", "nonet embed MODEL --json < lines.txt",
        ],
        ["fill-mask"] = ["nonet fill-mask MODEL \"Alice went to the [MASK].\""],
        ["classify"] = ["nonet classify MODEL \"What a good film.\"", "nonet classify MODEL \"The premise.\" \"The hypothesis.\""],
        ["tag"] = ["nonet tag MODEL \"Anna flew to Rome.\""],
        ["answer"] = ["nonet answer MODEL \"Who flew to Rome?\" \"Anna flew to Rome.\""],
        ["bleu"] = ["nonet bleu lines.de reference.de", "nonet bleu lines.de reference.de --json"],
        ["logits"] = ["nonet logits MODEL --ids 5,17,99 --out logits.npy"],
        ["attention"] = ["nonet attention runs/translate \"A dog runs.\" --out map.svg"],
        ["info"] = ["nonet info model.gguf", "nonet info runs/quickstart --json"],
        ["convert"] = ["nonet convert runs/quickstart model.gguf", "nonet convert owner/name model-q8.gguf --type q8_0"],
        ["merge"] = ["nonet merge owner/name my-lora merged/"],
        ["average"] = ["nonet average runs/quickstart --out averaged/"],
        ["pull"] = ["nonet pull owner/name", "nonet pull owner/name@main"],
        ["tokenizer train"] = ["nonet tokenizer train my-texts/ --out my-tokenizer --vocab 8192"],
        ["tokenize"] = ["nonet tokenize MODEL \"It was\"", "nonet tokenize MODEL - --ids < chapter.txt"],
        ["tools index"] = ["nonet tools index my-texts/ --out my-index", "nonet tools index simplewiki.xml.gz --out wiki-index"],
        ["tools search"] = ["nonet tools search my-index \"white whale\" --top 3"],
        ["tools annotate"] =
        [
            "nonet tools annotate recipes/tools/annotate.yaml --set model=runs/quickstart --set data.limit=100",
            "nonet tools annotate recipes/tools/annotate.yaml --resume", "nonet tools annotate my-tools.yaml --resume --set tools.0.threshold=2",
        ],
        ["scaling sweep"] = ["nonet scaling sweep recipes/scaling-sweep.yaml", "nonet scaling sweep recipes/scaling-sweep.yaml --resume"],
        ["scaling fit"] = ["nonet scaling fit runs.csv --law chinchilla --out fit.json --report fit.html"],
        ["scaling plan"] = ["nonet scaling plan --fit fit.json --flops 1e18", "nonet scaling plan --fit fit.json --gpu-hours 100 --gpu h200"],
        ["rank serve"] =
        [
            "nonet rank serve --model MODEL --prompts prompts.jsonl",
            "nonet rank serve --model MODEL --model runs/quickstart --prompts prompts.jsonl --answers 9",
            "nonet rank serve --prompts answers.jsonl --listen 0.0.0.0 --overlap 3 --reward runs/reward",
        ],
        ["rank export"] = ["nonet rank export rankings.jsonl", "nonet rank export pairs.jsonl --layout pairs --merged"],
        ["rank import"] = ["nonet rank import pairs.jsonl --store other.db", "nonet rank import dialogues.jsonl.gz --labeller anna"],
        ["quantize"] = ["nonet quantize runs/quickstart model.gguf Q4_K_M --text held-out.txt"],
        ["bench infer"] = ["nonet bench infer --model model.gguf --prompt 128 --generate 32"],
        ["bench matmul"] = ["nonet bench matmul --m 1024 --n 1024 --k 1024"],
        ["bench train"] = ["nonet bench train --model llama --dim 384 --layers 6 --heads 6 --context 256 --batch 16 --steps 6"],
        ["bench tokenize"] = ["nonet bench tokenize --model MODEL --file chapter.txt"],
        ["completion"] = ["nonet completion bash >> ~/.bashrc", "nonet completion zsh > ~/.zfunc/_nonet", "nonet completion pwsh >> $PROFILE"],
    };

    /// <summary>The commands that have examples, by their names from the root, such as "bench matmul".</summary>
    public static IEnumerable<string> Commands => lines.Keys;

    /// <summary>The examples of a command; empty if it has none.</summary>
    public static IReadOnlyList<string> Of(string command) => lines.GetValueOrDefault(command, []);
}
