using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Data;
using Nonet.Data.Instructions;
using Nonet.Files;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Models.Losses;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Training;

namespace Nonet.Recipes.Instructions;

/// <summary>
/// Supervised fine-tuning: trains a decoder or an encoder-decoder on the answers of examples. The loss of an update is the mean over all its supervised tokens,
/// however its examples are divided into passes. The bits of the result depend only on options, weights and examples.
/// </summary>
public static class Sft
{
    /// <summary>Number of examples of an endless source from which the end tokens are determined.</summary>
    const int Sampled = 64;

    /// <summary>Opens the model that a run starts from.</summary>
    /// <exception cref="NotSupportedException">The model cannot be tuned on instructions.</exception>
    public static ModelFile OpenBase(string from)
    {
        var file = ModelFile.Open(from);
        if (file.AdapterPath is not null)
            throw new NotSupportedException($"from: {from} is a run that trained an adapter; merge it first: nonet merge MODEL {from} OUT, and start from OUT");
        return file.Config is not BertConfig && file.Config.Task is null ? file
            : throw new NotSupportedException(
                $"from: {from}: found a {file.Config.Family}{(file.Config.Task is null ? "" : " with the output layer of a task")}, which generates no text; "
                + $"expected a decoder, such as gpt2 or llama, or an encoder-decoder, such as t5");
    }

    /// <summary>The options with the shape of a model and the size of its file.</summary>
    public static SftOptions Sized(SftOptions options, ModelFile file) =>
        options with
        {
            Model = file.Config,
            Warmup = 0,
            BaseBytes = file.Tensors.Tensors.Values.Sum(t => t.Bytes) + (options.Lora is null ? 0 : file.CopiedBytes()),
        };

    /// <summary>Trains a model, or adapters on it.</summary>
    /// <param name="options">Settings; their steps follow from the number of examples.</param>
    /// <param name="from">Name of the model, as an adapter records it.</param>
    /// <param name="file">The model: see <see cref="OpenBase"/>.</param>
    /// <param name="format">Tokenizer and chat template.</param>
    /// <param name="train">Examples to train on. Those of an endless source are used in their order.</param>
    /// <param name="heldOut">Examples to evaluate on; the source must be finite.</param>
    /// <param name="device">Device that trains the model.</param>
    /// <param name="where">Run folder, threads, reports.</param>
    /// <param name="progress">Receives every reported step, evaluation and checkpoint, on this thread.</param>
    /// <param name="stopping">Cancelling drops the current update, saves a checkpoint of the last one and returns.</param>
    public static TrainingResult Run(
        SftOptions options, string from, ModelFile file, InstructionFormat format, IInstructionSource train, IInstructionSource heldOut, Device device,
        RunOptions where,
        IProgress<RunEvent>? progress = null, CancellationToken stopping = default)
    {
        if (format.Tokenizer.Vocab > file.Config.Vocab)
            throw new MalformedFileException(file.Location, $"a tokenizer of {format.Tokenizer.Vocab} ids and a model of {file.Config.Vocab}",
                "files that belong together");
        var length = Math.Min(options.Length ?? file.Config.MaxLength, file.Config.MaxLength);
        var examples = new EncodedInstructions(train, format.Encoder, length, options.Longer, where.Threads, stopping);
        var measured = new EncodedInstructions(heldOut, format.Encoder, length, options.Longer, where.Threads, stopping);
        options = Sized(options, file).For(examples.Count) with { LargestPass = LargestPass(options, examples, length) };
        TrainingMemory.Require(options);
        using var parameters = new ParameterStore(device);
        var model = options.Model.Create(parameters.Root);
        model.Checkpointing = options.GradientCheckpointing;
        using var adapter = options.Lora?.Attach(model);
        if (adapter is not null)
            adapter.Base = BaseModel.Of(from, file.Location, file.Tensors);
        var order = examples.Count is { } count ? new ShuffledExamples(count, options.Batch, options.Seed) : null;
        var settings = format.SettingsFor(format.EndsOf(Enumerable.Range(0, examples.Count ?? Sampled).Select(i => examples[i]).OfType<SupervisedTokens>()));
        using var run = new TrainingRun(options, parameters, format.Tokenizer, where, progress, Identity(examples, format), file.Weights, adapter,
            settings: settings);
        Notify(run, parameters, examples, measured, length);

        try
        {
            run.Begin($"{options.Batch} examples");
            for (var step = run.Step; ; step = run.Step) // number of updates so far
            {
                if (run.NeedsEvaluation && !run.Record(Evaluate()))
                    continue; // the run diverged and rolled back to its last checkpoint
                if (run.NeedsCheckpoint)
                    run.Save();
                if (step == options.Steps)
                    break;

                run.BeginUpdate();
                var (loss, passes, first) = (0.0, Read(), 0);
                var supervised = passes.Sum(Targets);
                foreach (var pass in passes)
                {
                    stopping.ThrowIfCancellationRequested();
                    var key = run.KeyOf(first);
                    adapter?.UseDropout(key);
                    loss += MicroBatch.Backward(Targets(pass), supervised, () => model.Loss(pass, new PassNoise(key, (float)(options.EmbeddingNoise ?? 0))));
                    first += pass.Length;
                }
                run.Update(loss, options.Batch, passes.Sum(pass => pass.Sum(e => (long)e.Count)));
            }
            run.Finish();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            run.Interrupt();
        }
        catch (Exception e)
        {
            run.Fail(e);
            throw;
        }
        return run.Result();

        SupervisedTokens[][] Read()
        {
            using var timing = run.TimeReading();
            var next = run.BatchOf(0);
            var numbers = order is null ? Enumerable.Range(0, options.Batch).Select(i => next + i) : order[next / options.Batch].Select(n => (long)n);
            return Passes(numbers.Select(n => examples[n]).OfType<SupervisedTokens>(), options.PassTokens);
        }

        Measurement Evaluate()
        {
            using var average = run.WithAverage();
            adapter?.UseDropout(null);
            return new Measurement(MeanLoss(model, Enumerable.Range(0, measured.Count!.Value).Select(i => measured[i]!), options.PassTokens, stopping));
        }
    }

    /// <summary>Mean of −log p in nats over the supervised tokens of examples, without dropout.</summary>
    /// <param name="model">A decoder or an encoder-decoder.</param>
    /// <param name="examples">The examples.</param>
    /// <param name="passTokens">Maximum number of tokens per forward pass.</param>
    /// <param name="stopping">Cancels with an <see cref="OperationCanceledException"/>.</param>
    public static double MeanLoss(ILanguageModel model, IEnumerable<SupervisedTokens> examples, int passTokens, CancellationToken stopping = default)
    {
        var (nats, tokens) = (0.0, 0L);
        foreach (var pass in Passes(examples, passTokens))
        {
            stopping.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            nats += model.Loss(pass).Item() * Targets(pass);
            tokens += Targets(pass);
        }
        return nats / tokens;
    }

    /// <summary>Divides examples, in their order, into passes of at most <paramref name="tokens"/> tokens. A longer example is a pass of its own.</summary>
    public static SupervisedTokens[][] Passes(IEnumerable<SupervisedTokens> examples, int tokens)
    {
        var (passes, pass, size) = (new List<SupervisedTokens[]>(), new List<SupervisedTokens>(), 0L);
        foreach (var example in examples)
        {
            if (pass.Count > 0 && size + example.Count > tokens)
            {
                passes.Add([.. pass]);
                pass.Clear();
                size = 0;
            }
            pass.Add(example);
            size += example.Count;
        }
        if (pass.Count > 0)
            passes.Add([.. pass]);
        return [.. passes];
    }

    static long Targets(SupervisedTokens[] pass) => pass.Sum(e => (long)e.Targets);

    /// <summary>Number of tokens in the largest pass: those of the longest example, or the maximum of a pass if that is larger.</summary>
    internal static (long Tokens, long Predicted) LargestPass(SftOptions options, EncodedInstructions examples, int length)
    {
        if (examples.Count is not { } count)
            return (Math.Max(options.PassTokens, length), Math.Max(options.PassTokens, length));
        var all = Enumerable.Range(0, count).Select(i => examples[i]!).ToArray();
        var tokens = Math.Max(all.Max(e => e.Count), Math.Min(options.PassTokens, (long)(options.Batch * all.Average(e => e.Count) * 1.5)));
        return (tokens, Math.Max(all.Max(e => e.Targets), (long)(tokens * all.Sum(e => (double)e.Targets) / all.Sum(e => (double)e.Count))));
    }

    static void Notify(TrainingRun run, ParameterStore parameters, EncodedInstructions examples, EncodedInstructions measured, int length)
    {
        run.Notify("examples", examples.Count is { } count
            ? string.Create(CultureInfo.InvariantCulture,
                $"{count:N0} to train on with {examples.Tokens:N0} tokens, the longest {examples.Longest:N0}; {measured.Count:N0} held out")
            : string.Create(CultureInfo.InvariantCulture, $"an endless mixture to train on; {measured.Count:N0} held out"));
        if (examples.Dropped + measured.Dropped is > 0 and var dropped)
            run.Notify("dropped", string.Create(CultureInfo.InvariantCulture, $"{Counted.Of(dropped, "example")} with more than {length:N0} tokens"));
        if (examples.Shortened + measured.Shortened is > 0 and var cut)
            run.Notify("cut", string.Create(CultureInfo.InvariantCulture, $"{Counted.Of(cut, "example")} with more than {length:N0} tokens"));
        var trained = parameters.Trainable.Sum(p => p.Elements);
        run.Notify("weights", string.Create(CultureInfo.InvariantCulture, $"{trained:N0} trained, {parameters.Count - trained:N0} frozen"));
    }

    /// <summary>Identity of the examples, as checkpoints record it.</summary>
    static JsonObject Identity(EncodedInstructions examples, InstructionFormat format) => new()
    {
        ["examples"] = new JsonObject
        {
            ["count"] = examples.Count,
            ["fingerprint"] = examples.Fingerprint(),
            ["tokenizer"] = format.Tokenizer.Fingerprint.ToString("x16", CultureInfo.InvariantCulture),
        },
    };
}
