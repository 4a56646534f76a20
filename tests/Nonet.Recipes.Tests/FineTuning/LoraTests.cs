using Nonet.Checkpoints;
using Nonet.Files;
using Nonet.Formats.Safetensors;
using Nonet.Inference.Encoders;
using Nonet.Recipes.Runs;
using Nonet.Recipes.Yaml;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Training;

namespace Nonet.Recipes.Tests.FineTuning;

/// <summary>Fine-tuning of an adapter and a head on a frozen model.</summary>
public sealed class LoraTests : IDisposable
{
    static readonly string[] lora = ["training.lora={rank: 4, alpha: 8, projections: [query, value, up]}", "training.epochs=3"];

    readonly TinyBert bert = new();

    public void Dispose() => bert.Dispose();

    [Fact]
    public void Labels_are_learned_by_adapter_and_head()
    {
        using var watching = bert.Train(bert.Recipe("classify", bert.Labelled(), "training.lora={rank: 4, alpha: 8}", "training.epochs=20"));
        Assert.InRange(watching.Score("accuracy"), 0.9, 1);
        // query and value of a block, 24 wide: 2 · 4 · (24 + 24); pooler 24 · 24 + 24 and classifier 2 · 24 + 2
        Assert.Equal("2 layers with adapters of 384 weights, 650 weights of the head; all other weights are frozen", Assert.Single(watching.Of("lora")));
    }

    [Fact]
    public void A_checkpoint_holds_the_adapter_the_head_their_moments_and_the_bases_name_and_fingerprint()
    {
        var result = Texts.Train(bert.Recipe("classify", bert.Labelled(), lora), bert.Folder["run"]);
        Assert.Equal(["SHA256SUMS", "adapter", "base.json", "optimizer.safetensors", "tokenizer.json", "training.json"],
            Directory.GetFileSystemEntries(result.Checkpoint).Select(f => Path.GetFileName(f)!)
                .Where(f => f is not ("tokenizer_config.json" or "special_tokens_map.json" or "vocab.txt")).Order(StringComparer.Ordinal));
        const string Prefix = "base_model.model.", Layer = Prefix + "bert.encoder.layer.0.";
        Assert.Equal(
        [
            Layer + "attention.self.query.lora_A.weight", Layer + "attention.self.query.lora_B.weight", Layer + "attention.self.value.lora_A.weight",
            Layer + "attention.self.value.lora_B.weight",
            Layer + "intermediate.dense.lora_A.weight", Layer + "intermediate.dense.lora_B.weight",
            Prefix + "bert.pooler.dense.bias", Prefix + "bert.pooler.dense.weight", Prefix + "classifier.bias", Prefix + "classifier.weight",
        ], SafetensorsFile.Open(Path.Combine(result.Checkpoint, "adapter", "adapter_model.safetensors")).Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(2 * 10, SafetensorsFile.Open(Path.Combine(result.Checkpoint, "optimizer.safetensors")).Tensors.Count);
        var start = BaseModel.Read(result.Checkpoint);
        Assert.Equal((bert.Folder["base"], Path.GetFullPath(bert.Folder["base"])), (start.Name, start.Location));
        Assert.Equal(BaseModel.FingerprintOf(HuggingFaceFolder.Open(bert.Folder["base"]).Tensors), start.Fingerprint);
    }

    [Theory]
    [InlineData("classify"), InlineData("tag"), InlineData("answer"), InlineData("choose")]
    public void A_run_opens_as_the_base_with_the_adapter_merged_or_not(string task)
    {
        var file = task switch { "classify" => bert.Labelled(), "tag" => bert.Tagged(), "answer" => bert.Passages(), _ => bert.Choices() };
        var result = Texts.Train(bert.Recipe(task, file, lora), bert.Folder["run"]);
        var adapter = BaseModel.AdapterIn(result.Checkpoint);
        Assert.Contains($"\"base_model_name_or_path\": \"{bert.Folder["base"]}\"", File.ReadAllText(Path.Combine(adapter, "adapter_config.json")),
            StringComparison.Ordinal);
        using var run = new LoadedModel(result.Checkpoint, new CpuDevice(1));
        Assert.NotNull(run.Adapter);
        using var best = new LoadedModel(bert.Folder["run"], new CpuDevice(1));
        using var named = new LoadedModel(bert.Folder["base"], new CpuDevice(1), adapter);
        using var byRun = new LoadedModel(bert.Folder["base"], new CpuDevice(1), bert.Folder["run"]);
        var want = Logits(run);
        Assert.Equal(run.Config, named.Config);
        Assert.Equal(want, Logits(named));
        Assert.Equal(Logits(best), Logits(byRun));
        WeightAverage.Save([result.Checkpoint], bert.Folder["merged"], new CpuDevice(1));
        using var merged = new LoadedModel(bert.Folder["merged"], new CpuDevice(1));
        Assert.Null(merged.Adapter);
        var got = Logits(merged);
        Assert.Equal(want.Length, got.Length);
        Assert.All(want.Zip(got), p => Assert.Equal(p.First, p.Second, 1e-5));
        Assert.Contains("merge the first", Assert.Throws<ArgumentException>(() => new LoadedModel(bert.Folder["run"], new CpuDevice(1), adapter)).Message,
            StringComparison.Ordinal);
    }

    static double[] Logits(LoadedModel open)
    {
        using var scope = new TensorScope();
        var text = new ModelText(open.Encoder, open.LoadTokenizer());
        var (hidden, batch) = text.Forward([text.Encode("the whale saw the red ship"), text.Encode("what color", "old green sea")]);
        return open.Encoder.Task(hidden, batch).ToDoubles();
    }

    [Theory]
    [InlineData]
    [InlineData("training.ema_decay=0.8")]
    [InlineData("training.muon.momentum=0.9")]
    public void A_stopped_run_goes_on_to_the_same_bytes_on_other_threads(params string[] overrides)
    {
        var (straight, _) = RunFiles.ResumesToTheSameBytes(
            bert.Recipe("classify", bert.Labelled(), [.. lora, "training.accumulate=2", "training.batch=4", .. overrides]), bert.Folder, 7);
        Assert.Contains(RunFiles.Hashes(straight.Checkpoint), h => h.StartsWith("adapter/adapter_model.safetensors ", StringComparison.Ordinal));
    }

    [Fact]
    public void Checkpointing_of_the_blocks_trains_the_same()
    {
        var plain = Texts.Train(bert.Recipe("classify", bert.Labelled(), lora), bert.Folder["plain"]);
        var again = Texts.Train(bert.Recipe("classify", bert.Labelled(), [.. lora, "training.gradient_checkpointing=true"]), bert.Folder["again"]);
        Assert.Equal(RunFiles.Hashes(BaseModel.AdapterIn(plain.Checkpoint)), RunFiles.Hashes(BaseModel.AdapterIn(again.Checkpoint)));
    }

    [Fact]
    public void A_run_that_diverges_goes_back_to_its_checkpoint()
    {
        using var watching = new Watching();
        var recipe = bert.Recipe("classify", bert.Labelled(),
            [.. lora, "training.epochs=6", "training.learning_rate=1e-4", "training.spike_deviations=2", "training.spike_window=8",
            "training.on_divergence=rollback"]);
        Assert.Throws<DivergedException>(() => Texts.Train(recipe, bert.Folder["run"], progress: watching)); // at the fourth time
        var back = watching.Events.FindIndex(e => e is RolledBack);
        var to = Assert.IsType<RolledBack>(watching.Events[back]).Step;
        Assert.Equal(to + 1, watching.Events.Skip(back).OfType<StepDone>().First().Step);
        Assert.All(watching.Events.OfType<StepDone>(), e => Assert.InRange(e.Loss, 0.6, 0.8)); // as at first: the weights are those of the run
    }

    [Fact]
    public void Another_base_than_the_run_began_with_is_named()
    {
        var recipe = bert.Recipe("classify", bert.Labelled(), lora);
        using (var watching = new Watching(7))
            Texts.Train(recipe, bert.Folder["run"], progress: watching, stopping: watching.Stopping);
        using (var open = new LoadedModel(bert.Folder["base"], new CpuDevice(1)))
        {
            var query = open.Model.Parameters.Parameters.Single(p => p.Path == "blocks/0/attention/query/weight");
            using var scope = new TensorScope();
            query.Replace(Ops.Scale(query.Value, 1.5f));
            HuggingFaceFolder.Save(bert.Folder["new"], open.Config, open.Model.Parameters, open.LoadTokenizer());
        }
        File.Delete(bert.Folder["base/model.safetensors"]); // its map may be open
        File.Copy(bert.Folder["new/model.safetensors"], bert.Folder["base/model.safetensors"]);
        var (was, now) = (BaseModel.Read(bert.Folder["run/checkpoints/step-7"]).Fingerprint,
            BaseModel.FingerprintOf(HuggingFaceFolder.Open(bert.Folder["base"]).Tensors));
        Assert.NotEqual(was, now);
        var resumed = Assert.Throws<CheckpointException>(() => Texts.Train(recipe, bert.Folder["run"], resume: true)).Message;
        Assert.Contains(was, resumed, StringComparison.Ordinal);
        Assert.Contains(now, resumed, StringComparison.Ordinal);
        var opened = Assert.Throws<MalformedFileException>(() => new LoadedModel(bert.Folder["run"], new CpuDevice(1))).Message;
        Assert.Contains(was, opened, StringComparison.Ordinal);
        Assert.Contains(now, opened, StringComparison.Ordinal);
        Directory.Delete(bert.Folder["base"], recursive: true);
        Assert.Contains("the base model of its adapter is",
            Assert.Throws<FileNotFoundException>(() => new LoadedModel(bert.Folder["run"], new CpuDevice(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_adapter_is_named()
    {
        var recipe = bert.Recipe("classify", bert.Labelled(), lora);
        using (var watching = new Watching(7))
            Texts.Train(recipe, bert.Folder["run"], progress: watching, stopping: watching.Stopping);
        File.AppendAllText(bert.Folder["run/checkpoints/step-7/adapter/adapter_model.safetensors"], "x");
        Assert.Contains("adapter_model.safetensors was changed or truncated",
            Assert.Throws<CheckpointException>(() => Texts.Train(recipe, bert.Folder["run"], resume: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_projection_that_is_not_there_is_named() =>
        Assert.Contains("target 'router': the model has layers key, output, query, value, down, up, positions, segments, tokens of roles matrix, position, "
        + "embedding",
        Assert.Throws<ArgumentException>(() => bert.Train(bert.Recipe("classify", bert.Labelled(), "training.lora.projections=[query, router]"))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void An_adapter_on_drawn_weights_is_refused() => Assert.Contains("scratch and training.lora are both given",
        Assert.Throws<RecipeException>(() => bert.Recipe("classify", bert.Labelled(), [.. lora, "scratch=true"])).Message, StringComparison.Ordinal);
}
