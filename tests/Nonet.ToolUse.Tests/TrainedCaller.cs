using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Data;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;
using Nonet.Training;
using Nonet.Training.Schedules;

namespace Nonet.ToolUse.Tests;

/// <summary>A small model that was trained to call a calculator for sums of two digits inside its texts: <c>3+4= [Calculator(3+4) -> 7] 7.</c></summary>
public sealed class TrainedCaller : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TrainedCaller()
    {
        var random = new Random(3);
        // a quarter without a call, so that its mark is not always the first choice
        SmallTraining.Run(folder, SmallTraining.Sums(random, 6000).Chunk(300).Select(sums => string.Concat(sums.Select(s => random.Next(4) == 0
            ? $"{s.A}+{s.B}= {s.A + s.B}.\n" : $"{s.A}+{s.B}= [Calculator({s.A}+{s.B}) -> {s.A + s.B}] {s.A + s.B}.\n"))), length: 96, batch: 12, steps: 350);
    }

    /// <summary>A Hugging Face folder.</summary>
    public string Folder => folder["model"];

    /// <summary>The sums that the model has not seen.</summary>
    public static IEnumerable<(int A, int B)> HeldOut =>
        from a in Enumerable.Range(0, 10) from b in Enumerable.Range(0, 10) where SmallTraining.IsHeldOut(a, b) select (a, b);

    public void Dispose() => folder.Dispose();
}

/// <summary>
/// A small model that was trained to call a calculator by function calling, in conversations that <see cref="Template"/> lays out. It says "none" where the
/// calculator fails.
/// </summary>
public sealed class TrainedFunctionCaller : IDisposable
{
    /// <summary>A chat template of few characters, with calls in the format of Hermes.</summary>
    public const string Template = """
        {%- for t in tools or [] %}{{ t.function.name }} {% endfor %}
        {%- for m in messages %}{{ m.role[0] }}:
        {%- if m.tool_calls %}
        {%- for c in m.tool_calls %}<tool_call>{{ '\n' }}
        {%- raw %}{"name": "{% endraw %}{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}{{ '\n' }}</tool_call>{% endfor %}
        {%- else %}{{ m.content }}{% endif %}{{ '\n' }}{% endfor %}
        {%- if add_generation_prompt %}a:{% endif %}
        """;

    /// <summary>The questions that it knows.</summary>
    static (string Question, int Sum)[] Questions => [("3+4", 7), ("5+5", 10), ("2+6", 8)];

    readonly TemporaryFolder folder = new();

    public TrainedFunctionCaller()
    {
        var random = new Random(5);
        SmallTraining.Run(folder, Enumerable.Range(0, 1500).Select(i =>
        {
            var (question, sum) = Questions[i % Questions.Length];
            var call = "<tool_call>\n{\"name\": \"Calculator\", \"arguments\": {\"input\": \"" + question + "\"}}\n</tool_call>";
            var (told, said) = random.Next(3) == 0 ? ("Error: no power", "none") : ($"{sum}", $"{sum}");
            // a reply ends with the text: two of three documents end after the call
            return $"Calculator u:{question}\na:{call}" + (i % 9 < 6 ? "" : $"\nt:{told}\na:{said}");
        }), length: 160, batch: 8, steps: 500);
        File.WriteAllText(Path.Combine(Folder, "chat_template.jinja"), Template);
    }

    /// <summary>A Hugging Face folder with a chat template.</summary>
    public string Folder => folder["model"];

    public void Dispose() => folder.Dispose();
}

/// <summary>Trainings of seconds.</summary>
static class SmallTraining
{
    /// <summary>Whether a sum is not in the training data.</summary>
    public static bool IsHeldOut(int a, int b) => (a * 7 + b * 3) % 5 == 0;

    public static IEnumerable<(int A, int B)> Sums(Random random, int count) =>
        Enumerable.Range(0, count).Select(_ => (A: random.Next(10), B: random.Next(10))).Where(s => !IsHeldOut(s.A, s.B));

    /// <summary>Trains a LLaMA of bytes, and saves it in the folder model.</summary>
    public static void Run(TemporaryFolder folder, IEnumerable<string> documents, int length, int batch, int steps)
    {
        folder.Add("texts.jsonl", string.Join('\n', documents.Select(text => new JsonObject { ["text"] = text }.ToJsonString())));
        var tokenizer = new ByteTokenizer();
        var config = new LlamaConfig { Vocab = tokenizer.Vocab, Context = 256, Layers = 2, Width = 64, Heads = 4, KvHeads = 4, Hidden = 128 };
        using var device = new CpuDevice(2);
        using var parameters = new ParameterStore(device);
        var model = (ICausalModel)config.Create(parameters.Root);
        parameters.FillForTraining(seed: 1);
        using var text = TokenizedData.Build(new DataOptions { Sources = [new DataSource { Path = folder["texts.jsonl"] }], Validation = 0.1 }, tokenizer,
            folder["tokens"]);
        var update = new UpdateStep(parameters, new AdamW(parameters), new CosineSchedule { Peak = 4e-3, Warmup = 20, End = steps, Floor = 0.05 });
        var batches = new BatchSource(text.Train, text.Weights, length, batch, seed: 1);
        for (var step = 0; step < steps; step++)
        {
            using var scope = new TensorScope();
            parameters.ClearGradients();
            var (read, targets) = MicroBatch.Read(batches, step, device);
            update.Apply(step + 1, MicroBatch.Backward(model, read, targets, total: batch * length));
        }
        HuggingFaceFolder.Save(folder["model"], config, parameters, tokenizer);
    }
}
