using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Data.Preferences;
using Nonet.Models.Decoders;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;

namespace Nonet.Recipes.Tests.Alignment;

/// <summary>A byte LLaMA of drawn weights, prompts, and rankings that prefer answers with more of the letter a.</summary>
sealed class TinyPolicy : IDisposable
{
    public TinyPolicy()
    {
        using var device = new CpuDevice(1);
        using var store = new ParameterStore(device);
        var config = new LlamaConfig { Vocab = 257, Context = 32, Layers = 1, Width = 16, Heads = 2, KvHeads = 2, HeadWidth = 8, Hidden = 32 };
        config.Create(store.Root);
        store.FillForTraining(3);
        HuggingFaceFolder.Save(Folder["base"], config, store, new ByteTokenizer());
        File.WriteAllLines(Folder["prompts.jsonl"], Enumerable.Range(0, 60).Select(i => new JsonObject
        {
            ["prompt"] = $"{i}+1=",
            ["answer"] = $"{i + 1}"
        }.ToJsonString()));
        Rankings.Write(Folder["rankings.jsonl"], Enumerable.Range(0, 60).Select(i => Ranking.Of($"p{i} ",
            [.. Enumerable.Range(0, 4).Select(a => Answer(i, a))], [4, 3, 2, 1])));
        File.WriteAllText(Folder["text.txt"], string.Concat(Enumerable.Repeat("the cat sat on the mat and ate a rat\n", 200)));
    }

    public TemporaryFolder Folder { get; } = new();

    /// <summary>Six letters, of which so many are a.</summary>
    static string Answer(int item, int count) => string.Concat(Enumerable.Range(0, 6).Select(t => t < 2 * count ? 'a'
        : (char)('b' + Philox.Below(new RandomKey(5, (uint)count, (uint)item), (ulong)t, 20))));

    public void Dispose() => Folder.Dispose();

    public IRecipe Reward(params string[] overrides) => OnRankings("reward", "epochs: 6, batch: 8, learning_rate: 0.01", overrides);

    public IRecipe Dpo(params string[] overrides) => OnRankings("dpo", "epochs: 3, batch: 8, learning_rate: 3e-3, warmup: 2", overrides);

    public IRecipe Grpo(params string[] overrides) => OnPrompts("grpo", "words: [a, b, c, d, e], length_penalty: 0.05",
        "episodes: 64, group: 4, batch: 16, minibatch: 16, learning_rate: 1e-3, evaluation_prompts: 4, evaluate_iterations: 2", overrides);

    public IRecipe Rejection(params string[] overrides) => OnPrompts("rejection", "words: [nowhere], length_penalty: 1",
        "episodes: 256, group: 8, batch: 64, minibatch: 32, learning_rate: 1e-2, evaluation_prompts: 6", overrides);

    public IRecipe Ppo(params string[] overrides) => OnPrompts("ppo", "words: [a], length_penalty: 0.05",
        "episodes: 48, batch: 16, minibatch: 8, learning_rate: 1e-3, value_learning_rate: 1e-3, warmup: 1, evaluation_prompts: 4, evaluate_iterations: 2",
        overrides);

    IRecipe OnRankings(string task, string training, string[] overrides) => TrainingRecipe.Read($"{task}.yaml", $$"""
        task: {{task}}
        from: {{Folder["base"]}}
        data: {train: {path: {{Folder["rankings.jsonl"]}}}, held_out: 0.2}
        training: { {{training}} }
        run: {report_every: 1}
        """, overrides);

    IRecipe OnPrompts(string task, string reward, string training, string[] overrides) => TrainingRecipe.Read($"{task}.yaml", $$"""
        task: {{task}}
        from: {{Folder["base"]}}
        data: {prompts: {{Folder["prompts.jsonl"]}}}
        rewards: [{kind: words, {{reward}}}]
        training: { {{training}}, response_tokens: 8, save_iterations: 1 }
        run: {report_every: 1}
        """, overrides);
}
