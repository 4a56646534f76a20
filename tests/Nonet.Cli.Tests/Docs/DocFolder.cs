using System.Globalization;
using Nonet.Checkpoints.Adapters;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Models.EncoderDecoders;
using Nonet.Models.Encoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;
using Nonet.Text.WordPiece;

namespace Nonet.Cli.Tests.Docs;

/// <summary>A working folder in which the commands of the pages find what they name: tiny models, texts, runs, the repository's recipes and data.</summary>
public sealed class DocFolder : IDisposable
{
    readonly TemporaryFolder temporary = new();
    readonly CpuDevice device = new(1);
    readonly Tokenizer words;

    public DocFolder()
    {
        TextFiles.Write(temporary["my-texts"]);
        foreach (var name in new[] { "recipes", "data" })
            Directory.CreateSymbolicLink(temporary[name], Path.Combine(DocCommands.Root, name));
        var runs = from n in new[] { 1e6, 3e6, 1e7, 3e7, 1e8 }
                   from d in new[] { 1e8, 3e8, 1e9, 3e9 }
                   select string.Create(CultureInfo.InvariantCulture,
            $"{n},{d},{6 * n * d},{1.8 + 480 / Math.Pow(n, 0.34) + 2000 / Math.Pow(d, 0.37):0.00000}\n");
        temporary.Add("runs.csv", "n_params,tokens,flops,loss\n" + string.Concat(runs));
        temporary.Add("schema.json", """{"type":"array","items":{"enum":["red","green"]},"maxItems":2}""");
        temporary.Add("sums.gbnf", "root ::= [0-9]{1,3} (\"+\" [0-9]{1,3}){0,2}\n");
        temporary.Add("my-prompt.txt", "{text}\n");
        foreach (var name in new[] { "chapter.txt", "held-out.txt" })
            temporary.Add(name, "It was a dark night. The whale sailed.");
        foreach (var name in new[] { "lines.en", "reference.de", "lines.de" })
            temporary.Add(name, "A dog runs.\nThe whale sailed to the sea.\n");
        temporary.Add("my-preferences.jsonl", """{"prompt": "Why?", "chosen": "Because.", "rejected": ""}""" + "\n");
        temporary.Add("my-pairs.jsonl", string.Concat(Enumerable.Range(0, 80).Select(i => $$"""{"en": "the whale {{i}}", "de": "der Wal {{i}}"}""" + "\n")));
        words = WordPieceTrainer.Train(
            Enumerable.Repeat("alice went to the market to buy milk . it is a truth universally acknowledged . a dog runs . where is my book ? anna flew to "
            + "rome", 3), new WordPieceTrainerOptions { Vocab = 200, MinFrequency = 1 }, threads: 1);

        var bytes = new ByteTokenizer();
        // ids of GPT-2 stand in a page
        ModelConfig decoder = new LlamaConfig { Vocab = 20_000, Context = 256, Layers = 1, Width = 32, Heads = 2, KvHeads = 2, Hidden = 32 };
        foreach (var name in new[] { "decoder", "path/to/gpt2", "runs/quickstart", "runs/sft" })
            Save(name, decoder, bytes);
        Save("chatter", decoder, bytes);
        temporary.Add("chatter/chat_template.jinja",
            "{% for m in messages %}{{ m.role + ': ' + m.content + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}");
        temporary.Add("chats.jsonl", string.Concat(Enumerable.Range(0, 40).Select(i =>
            $$"""{"messages": [{"role": "user", "content": "{{i}}"}, {"role": "assistant", "content": "the whale {{i}}"}]}""" + "\n")));
        Save("translator", Transformer(bytes), bytes);
        Save("runs/translate", Transformer(bytes), bytes);
        Save("runs/bert-mini", Bert(ModelHead.Masked), words);
        Save("runs/my-task", Bert(ModelHead.SequenceClassification, "bad", "good"), words);
        foreach (var (name, head) in new[] { ("masked", ModelHead.Masked), ("classifier", ModelHead.SequenceClassification),
            ("chooser", ModelHead.MultipleChoice), ("tagger", ModelHead.TokenClassification), ("answerer", ModelHead.QuestionAnswering) })
            Save(name, Bert(head, head is ModelHead.SequenceClassification or ModelHead.TokenClassification ? ["B-X", "O"] : []), words);
        foreach (var name in new[] { "runs/reward", "runs/held-out-reward" })
            Save(name, decoder.WithTask(new TaskHead { Kind = ModelHead.SequenceClassification, Labels = ["reward"], Problem = LabelProblem.Regression }),
                bytes);
        AddAlignment();
        SaveAdapter(decoder);

        var commit = new string('a', 40);
        Directory.CreateDirectory(temporary["hub/models--owner--name/snapshots"]);
        Directory.CreateSymbolicLink(temporary[$"hub/models--owner--name/snapshots/{commit}"], temporary["decoder"]);
        Directory.CreateDirectory(temporary["hub/models--owner--name/refs"]);
        temporary.Add("hub/models--owner--name/refs/main", commit);
    }

    public string Home => temporary.Path;

    public string this[string name] => temporary[name];

    public void Dispose()
    {
        device.Dispose();
        temporary.Dispose();
    }

    /// <summary>
    /// Prompts, rankings, and small recipes of the names that pages use. They are written anew before each page, as another page's command may have
    /// written one of them.
    /// </summary>
    public void AddAlignment()
    {
        temporary.Add("prompts.jsonl", string.Concat(Enumerable.Range(0, 40).Select(i => $$"""{"prompt":"{{i}}+1=","answer":"{{i + 1}}"}""" + "\n")));
        temporary.Add("rankings.jsonl",
            string.Concat(Enumerable.Range(0, 40).Select(i => $$"""{"prompt":"p{{i}}","answers":["a","b","c"],"ranks":[1,2,2]}""" + "\n")));
        const string policy = "from: runs/sft\ndata: {prompts: prompts.jsonl}\nrewards: [{kind: answer, answer: number}]\n"
            + "training: {episodes: 4, batch: 4, minibatch: 4, response_tokens: 4, evaluation_prompts: 2";
        temporary.Add("reward.yaml", "task: reward\nfrom: runs/sft\ndata: {train: {path: rankings.jsonl}}\ntraining: {epochs: 0.1, batch: 2}\n");
        temporary.Add("dpo.yaml", "task: dpo\nfrom: runs/sft\ndata: {train: {path: rankings.jsonl}}\ntraining: {epochs: 0.1, batch: 2, warmup: 0}\n");
        temporary.Add("ppo.yaml", $"task: ppo\n{policy}, warmup: 0}}\n");
        temporary.Add("grpo.yaml", $"task: grpo\n{policy}, group: 2}}\n");
        temporary.Add("rejection.yaml", $"task: rejection\n{policy}, group: 2}}\n");
    }

    static TransformerConfig Transformer(Tokenizer tokenizer) => new()
    {
        Vocab = tokenizer.Vocab + 1,
        Context = 64,
        EncoderLayers = 2,
        DecoderLayers = 2,
        Width = 16,
        EncoderHeads = 2,
        DecoderHeads = 2,
        EncoderHidden = 16,
        DecoderHidden = 16,
        StartToken = tokenizer.Vocab,
    };

    BertConfig Bert(ModelHead head, params string[] labels) =>
        new() { Vocab = words.Vocab, Context = 64, Layers = 2, Width = 16, Heads = 2, Hidden = 16, Head = head, Labels = labels };

    void Save(string name, ModelConfig config, Tokenizer tokenizer) => RandomModel.Save(temporary[name], config, tokenizer);

    void SaveAdapter(ModelConfig config)
    {
        using var parameters = new ParameterStore(device);
        var model = config.Create(parameters.Root);
        parameters.FillForTraining(3);
        using var adapter = PeftAdapter.Attach(model, rank: 2, alpha: 4);
        Directory.CreateDirectory(temporary["my-lora"]);
        adapter.Save(temporary["my-lora"], config, temporary["decoder"]);
    }
}
