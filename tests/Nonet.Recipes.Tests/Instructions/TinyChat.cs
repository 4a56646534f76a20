using Nonet.Checkpoints;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Recipes.Instructions;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Recipes.Tests.Instructions;

/// <summary>A decoder of drawn weights over bytes, and conversations that it can learn, in files.</summary>
sealed class TinyChat : IDisposable
{
    /// <summary>ChatML over bytes, with the end token after each turn.</summary>
    public const string Template =
        "{% for m in messages %}{{ '<' + m.role + '>' + m.content + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}";

    public TinyChat() => Save("base", Config, Template);

    public TemporaryFolder Folder { get; } = new();

    public static LlamaConfig Config => new() { Vocab = 257, Context = 96, Layers = 2, Width = 32, Heads = 2, KvHeads = 2, HeadWidth = 16, Hidden = 64 };

    public void Dispose() => Folder.Dispose();

    /// <summary>Draws a model and writes it with a tokenizer.</summary>
    public string Save(string name, ModelConfig config, string? template = null)
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        config.Create(store.Root);
        store.FillForTraining(3);
        HuggingFaceFolder.Save(Folder[name], config, store, new ByteTokenizer());
        if (template is not null)
            File.WriteAllText(Path.Combine(Folder[name], "chat_template.jinja"), template);
        return Folder[name];
    }

    /// <summary>Conversations in which the assistant says the user's letter three times.</summary>
    public string Conversations(string name = "chat.jsonl", int count = 60)
    {
        File.WriteAllLines(Folder[name], Enumerable.Range(0, count).Select(i => (char)('a' + i % 20)).Select((c, i) =>
            $$"""{"messages": [{"role": "user", "content": "{{new string('.', i / 20)}}{{c}}"}, {"role": "assistant", "content": "{{c}}{{c}}{{c}}"}]}"""));
        return Folder[name];
    }

    public SftRecipe Recipe(string data, params string[] overrides) => (SftRecipe)TrainingRecipe.Read("tiny.yaml", $"""
        task: sft
        from: {Folder["base"]}
        data: {"{path: " + data + ", held_out: 0.1}"}
        training: {"{epochs: 4, batch: 8, learning_rate: 3e-3, save_every: 10, evaluate_every: 10}"}
        run: {"{report_every: 1}"}
        """, overrides);

    /// <summary>Trains, and returns what was told.</summary>
    public Watching Train(SftRecipe recipe, string run = "run")
    {
        var watching = new Watching();
        Texts.Train(recipe, Folder[run], progress: watching);
        return watching;
    }
}
