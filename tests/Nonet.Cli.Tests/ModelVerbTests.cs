using System.Text;
using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Tensors.Cpu;

namespace Nonet.Cli.Tests;

/// <summary>generate, logits and info on a run folder.</summary>
public sealed class ModelVerbTests(ModelVerbTests.Fixture fixture) : IClassFixture<ModelVerbTests.Fixture>
{
    public sealed class Fixture : IDisposable
    {
        internal TinyRun Run { get; } = new();
        public void Dispose() => Run.Dispose();
    }

    readonly TinyRun run = fixture.Run;

    string Checkpoint(int step) => Path.Combine(run.Folder, "checkpoints", $"step-{step}");

    [Fact]
    public async Task Greedy_text_is_the_same_each_time_and_as_long_as_asked()
    {
        var once = await Program.Run("generate", run.Folder, "the whale", "--temperature", "0", "--max-tokens", "8");
        Assert.Equal(0, once.ExitCode);
        Assert.Equal(once.Out, (await Program.Run("generate", run.Folder, "the whale", "--temperature", "0", "--max-tokens", "8", "--threads", "1")).Out);
        Assert.StartsWith("8 tokens, ", once.Error, StringComparison.Ordinal);
        Assert.Equal("\n", (await Program.Run("generate", run.Folder, "the whale", "--max-tokens", "0")).Out);
    }

    [Fact]
    public async Task A_seed_repeats_a_text_and_another_gives_another()
    {
        Task<Outcome> Text(string seed) => Program.Run("generate", run.Folder, "the ", "--max-tokens", "20", "--seed", seed);
        Assert.Equal((await Text("7")).Out, (await Text("7")).Out);
        Assert.NotEqual((await Text("7")).Out, (await Text("8")).Out);
        Assert.Contains("seed 7", (await Text("7")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Samples_have_seeds_of_their_own_and_json_holds_them_all()
    {
        string[] Arguments(string seed) => ["generate", run.Folder, "the ", "--max-tokens", "6", "--temp", "1", "--seed", seed];
        var two = await Program.Run([.. Arguments("7"), "--num-samples", "2", "--echo"]);
        var (first, second) = ((await Program.Run(Arguments("7"))).Out, (await Program.Run(Arguments("8"))).Out);
        Assert.Equal($"=== 1 of 2, seed 7\nthe {first}\n=== 2 of 2, seed 8\nthe {second}", two.Out);
        var json = (await Program.Run([.. Arguments("7"), "--num-samples", "2", "--json"])).Json;
        Assert.Equal("the ", json.GetProperty("prompt").GetString());
        var samples = json.GetProperty("samples").EnumerateArray().ToArray();
        Assert.Equal([first, second], samples.Select(s => s.GetProperty("text").GetString() + "\n"));
        Assert.Equal([7, 8], samples.Select(s => s.GetProperty("seed").GetInt32()));
        Assert.All(samples, s => Assert.Equal((6, "max_tokens"), (s.GetProperty("tokens").GetInt32(), s.GetProperty("stop").GetString())));
    }

    [Fact]
    public async Task Without_a_template_a_chat_is_laid_out_plainly_and_that_is_said()
    {
        var told = await Program.RunWith("hello\n", TestContext.Current.CancellationToken, "chat", run.Folder, "--max-tokens", "3", "--temperature", "0");
        Assert.True(told.ExitCode == 0, told.Error);
        Assert.Contains("no chat template", told.Error, StringComparison.Ordinal);
        Assert.Equal((await Program.Run("generate", run.Folder, "User: hello\nAssistant:", "--max-tokens", "3", "--temperature", "0")).Out, told.Out);
    }

    [Fact]
    public async Task A_conversion_replaces_nothing_that_was_not_to_be_replaced()
    {
        var file = run["model.gguf"];
        Assert.Equal(0, (await Program.Run("convert", run.Folder, file)).ExitCode);
        (await Program.Run("convert", run.Folder, file)).AssertRefused(1, file, "exists already; name another path, or replace it with --force");
        Assert.Equal(0, (await Program.Run("convert", run.Folder, file, "--force")).ExitCode);
        (await Program.Run("convert", run.Folder, run.Texts)).AssertRefused(1, run.Texts, "exists already");
    }

    [Fact]
    public async Task A_dash_reads_the_prompt_from_standard_input()
    {
        var typed = await Program.Run("generate", run.Folder, "the old ship", "--temperature", "0", "--max-tokens", "6");
        Assert.Equal(typed.Out,
            (await Program.RunWith("the old ship", TestContext.Current.CancellationToken, "generate", run.Folder, "-", "--temperature", "0", "--max-tokens",
            "6")).Out);
    }

    [Fact]
    public async Task The_context_bounds_the_text()
    {
        var full = await Program.Run("generate", run.Folder, "the", "--max-tokens", "500", "--temperature", "0");
        Assert.Contains("context is full", full.Error, StringComparison.Ordinal);
        Assert.StartsWith("warning: --max-tokens is 500, but the model's context of 32 tokens has room for 29 after the prompt", full.Error,
            StringComparison.Ordinal);
        Assert.DoesNotContain("warning", (await Program.Run("generate", run.Folder, "the", "--max-tokens", "29", "--temperature", "0")).Error,
            StringComparison.Ordinal);
        (await Program.Run("generate", run.Folder, new string('a', 40))).AssertRefused(1, "40", "32");
    }

    [Fact]
    public async Task Weights_that_are_not_finite_are_named_and_no_json_is_written()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var run = new TinyRun();
        var (copy, text) = (run["nan"], run["text.txt"]);
        Directory.CreateDirectory(copy);
        foreach (var path in Directory.GetFiles(Path.Combine(run.Folder, "checkpoints", "step-5")))
            File.Copy(path, Path.Combine(copy, Path.GetFileName(path)));
        var weights = Path.Combine(copy, "model.safetensors");
        var bytes = await File.ReadAllBytesAsync(weights, cancel);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), float.NaN);
        await File.WriteAllBytesAsync(weights, bytes, cancel);
        await File.WriteAllTextAsync(text, "some words", cancel);
        var done = await Program.Run("perplexity", copy, text, "--json");
        done.AssertRefused(1, copy, "the model gives a loss of NaN", "the weight ", "is NaN at element");
        Assert.Empty(done.Out);
    }

    [Fact]
    public async Task Perplexity_is_that_of_its_definition()
    {
        var file = run["text.txt"];
        await File.WriteAllTextAsync(file, "the old whale sailed and the captain saw the white ship é", TestContext.Current.CancellationToken);
        var json = (await Program.Run("perplexity", run.Folder, file, "--json", "--stride", "32")).Json;
        Assert.Equal(["tokens", "nats_per_token", "perplexity", "bits_per_byte"], json.EnumerateObject().Select(f => f.Name));
        var (tokens, nats) = (json.GetProperty("tokens").GetInt32(), json.GetProperty("nats_per_token").GetDouble());
        Assert.Equal(58, tokens); // bytes
        Assert.Equal(Math.Exp(nats), json.GetProperty("perplexity").GetDouble(), 1e-9);
        Assert.Equal(nats / Math.Log(2), json.GetProperty("bits_per_byte").GetDouble(), 1e-9);
        Assert.NotEqual(nats, (await Program.Run("perplexity", run.Folder, file, "--json")).Json.GetProperty("nats_per_token").GetDouble()); // half windows
        (await Program.Run("perplexity", run.Folder, file, "--stride", "33")).AssertRefused(2, "--stride is 33");
        (await Program.Run("perplexity", run.Folder, run["none.txt"])).AssertRefused(1, run["none.txt"]);
        await File.WriteAllBytesAsync(file, [0xff, 0xfe], TestContext.Current.CancellationToken);
        (await Program.Run("perplexity", run.Folder, file)).AssertRefused(1, file, "not UTF-8");
    }

    [Fact]
    public async Task A_text_can_be_interrupted()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        Assert.Equal(130, (await Program.RunWith("", source.Token, "generate", run.Folder, "the")).ExitCode);
    }

    [Fact]
    public async Task Logits_are_those_of_the_model_in_numpys_format()
    {
        var file = run["logits.npy"];
        var told = await Program.Run("logits", run.Folder, "--ids", "104, 105,33", "--out", file);
        Assert.Equal((0, ""), (told.ExitCode, told.Out));
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        var header = Encoding.ASCII.GetString(bytes, 10, bytes[8] | bytes[9] << 8);
        Assert.Contains("'descr': '<f4', 'fortran_order': False, 'shape': (3, 257)", header, StringComparison.Ordinal);
        var values = new float[3 * 257];
        Buffer.BlockCopy(bytes, 10 + header.Length, values, 0, bytes.Length - 10 - header.Length);
        Assert.Equal(10 + header.Length + 4 * values.Length, bytes.Length);

        using var open = new LoadedModel(run.Folder, new CpuDevice(1));
        using var scope = new Tensors.TensorScope();
        Assert.Equal(open.Decoder.Output(open.Decoder.Forward(Models.Batch.Of(open.Device, [104, 105, 33]))).AsSpan<float>().ToArray(), values);
    }

    [Theory]
    [InlineData("1,257", "--ids has 257; expected ids from 0 to 256")]
    [InlineData("-1", "--ids is '-1'")]
    public async Task An_id_out_of_range_is_named(string ids, string message) =>
        (await Program.Run("logits", run.Folder, $"--ids={ids}", "--out", run["never.npy"])).AssertRefused(2, message);

    [Fact]
    public async Task More_ids_than_the_context_are_refused() =>
        (await Program.Run("logits", run.Folder, "--ids", string.Join(',', Enumerable.Repeat(1, 33)), "--out", run["never.npy"]))
        .AssertRefused(2, "33 tokens", "32");

    [Fact]
    public async Task Info_describes_the_best_checkpoint_of_a_run()
    {
        var json = (await Program.Run("info", run.Folder, "--json")).Json;
        var best = (await File.ReadAllTextAsync(Path.Combine(run.Folder, "checkpoints", "best"), TestContext.Current.CancellationToken)).Trim();
        Assert.Equal(best, Path.GetFileName(json.GetProperty("folder").GetString()));
        Assert.Equal("llama", json.GetProperty("family").GetString());
        const long Block = 32 * 32 * 2 + 32 * 16 * 2 + 3 * 32 * 64 + 2 * 32, All = 2 * 257 * 32 + 2 * Block + 32;
        Assert.Equal(All, json.GetProperty("params").GetInt64());
        Assert.Equal(2, json.GetProperty("kv_heads").GetInt32());
        Assert.Equal([16, 32], json.GetProperty("shapes").GetProperty("blocks/0/attention/key/weight").EnumerateArray().Select(n => n.GetInt32()));
        var text = await Program.Run("info", run.Folder);
        Assert.Contains("vocabulary 257, context 32, 2 layers, 32 wide, 4 heads of 8, 2 key-value heads", text.Out, StringComparison.Ordinal);
        Assert.Contains("with a tokenizer", text.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_best_checkpoint_a_run_is_its_last()
    {
        var best = Path.Combine(run.Folder, "checkpoints", "best");
        File.Move(best, best + "-aside");
        try
        {
            Assert.Equal("step-5", Path.GetFileName((await Program.Run("info", run.Folder, "--json")).Json.GetProperty("folder").GetString()));
        }
        finally
        {
            File.Move(best + "-aside", best);
        }
    }

    [Theory]
    [InlineData("model.safetensors", 100, "model.safetensors")] // cut short
    [InlineData("config.json", 20, "config.json")]
    [InlineData("tokenizer.json", 0, "tokenizer.json")]
    public async Task A_file_cut_short_is_named(string name, int length, string message)
    {
        var copy = Copy();
        using (var file = File.OpenWrite(Path.Combine(copy, name)))
            file.SetLength(length);
        (await Program.Run("generate", copy, "a")).AssertRefused(1, message);
    }

    [Fact]
    public async Task A_weight_that_is_no_number_is_named()
    {
        var copy = Copy();
        var weights = Path.Combine(copy, "model.safetensors");
        var bytes = await File.ReadAllBytesAsync(weights, TestContext.Current.CancellationToken);
        Array.Fill(bytes, (byte)0xFF, bytes.Length - 32 * 1024, 32 * 1024); // floats of all ones are NaN
        await File.WriteAllBytesAsync(weights, bytes, TestContext.Current.CancellationToken);
        (await Program.Run("generate", copy, "a")).AssertRefused(1, "the logit of token 0 is not a number");
    }

    string Copy()
    {
        var copy = run[Guid.NewGuid().ToString("n")];
        AtomicFolder.Write(copy, folder =>
        {
            foreach (var file in Directory.GetFiles(Checkpoint(4)))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        });
        return copy;
    }
}
