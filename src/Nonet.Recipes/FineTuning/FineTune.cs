using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Data;
using Nonet.Files;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Recipes.FineTuning;

/// <summary>
/// Trains a model and a new head on a task. Devlin et al. 2018, sections 3.2 and A.3; decoders: Radford et al. 2018, section 3.2. The bits of the result depend
/// only on options, weights and data.
/// </summary>
static class FineTune
{
    /// <param name="options">
    /// Settings that determine the result. Steps, warm-up and evaluations follow from epochs. With <see cref="FineTuneOptions.Lora"/>, the trunk is frozen
    /// under an adapter.
    /// </param>
    /// <param name="from">The base model, as an adapter records it; null if no adapter is trained.</param>
    /// <param name="trunk">The model's configuration, with any head.</param>
    /// <param name="task">The task with its examples.</param>
    /// <param name="tokenizer">Tokenizer of the model.</param>
    /// <param name="device">Device that trains the model.</param>
    /// <param name="where">Run folder, threads, reports.</param>
    /// <param name="start">Gives the initial weights for the configuration with the task's head; null: random.</param>
    /// <param name="progress">Receives every reported step, evaluation and checkpoint, on this thread.</param>
    /// <param name="stopping">Cancelling drops the current update, saves a checkpoint of the last one and returns.</param>
    public static TrainingResult Run(FineTuneOptions options, BaseModel? from, ModelConfig trunk, FineTuneTask task, Tokenizer tokenizer, Device device,
        RunOptions where, Func<ModelConfig, IWeightSource>? start,
        IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var config = trunk.WithTask(task.HeadFor(trunk.Task));
        using var parameters = new ParameterStore(device);
        var model = (ITaskModel)config.Create(parameters.Root);
        model.Checkpointing = options.GradientCheckpointing;
        using var adapter = options.Lora?.Attach(model, p => p.Path.Split('/')[0] is "classifier" or "pooler");
        if (adapter is not null)
            adapter.Base = from;
        var text = new ModelText(model, tokenizer) { MaxLength = options.Length };
        task.Encode(text, stopping);
        options = options.For(task.Examples) with { Model = config };
        options.Check();
        var batches = new ShuffledExamples(task.Examples, options.Batch, options.Seed);
        TrainingMemory.Require(options with { LargestBatch = Enumerable.Range(0, (task.Examples - 1) / options.Batch + 1).Max(i => task.Tokens(batches[i])) });
        using var run = new TrainingRun(options, parameters, tokenizer, where, progress, Identity(task, tokenizer), start?.Invoke(config), adapter, task.Unit,
            task.Settings);
        run.AlsoSave = folder => task.Save(text, folder, stopping);
        run.Notify("examples", task.Outline);
        if (adapter is not null)
        {
            run.Notify("lora", string.Create(CultureInfo.InvariantCulture,
                $"{adapter.Layers.Count():N0} layers with adapters of {parameters.Parameters.Where(adapter.Owns).Sum(p => p.Elements):N0} weights, "
                    + $"{adapter.Whole.Sum(p => p.Elements):N0} weights of the head; all other weights are frozen"));
        }
        if (task.LayoutNotice is { } layout)
            run.Notify("template", layout);
        if (task.HeadNotice is { } head && start is not null)
            run.Notify("head", head);
        foreach (var warning in task.Warnings)
            run.Notify("warning", warning);
        if (task.Cut > 0)
            run.Notify("truncated",
                string.Create(CultureInfo.InvariantCulture,
                $"{Counted.Of(task.Cut, "example")} with more than {Math.Min(options.Length ?? config.MaxLength, config.MaxLength):N0} tokens"));

        try
        {
            run.Begin($"{options.Batch * options.Accumulate} examples");
            for (var step = run.Step; ; step = run.Step) // number of updates so far
            {
                if (run.NeedsEvaluation && !run.Record(Evaluate()))
                    continue; // the run diverged and rolled back to its last checkpoint
                if (run.NeedsCheckpoint)
                    run.Save();
                if (step == options.Steps)
                    break;

                run.BeginUpdate();
                var (loss, parts) = (0.0, Read(step + 1));
                var counted = parts.Sum(task.LossTerms);
                for (var part = 0; part < parts.Length; part++)
                {
                    stopping.ThrowIfCancellationRequested();
                    if (task.LossTerms(parts[part]) is var own && own == 0)
                        continue; // for example, sentences without any word
                    adapter?.UseDropout(run.KeyOf(part));
                    using var scope = new TensorScope(); // buffers of this micro-batch
                    using var tape = new Tape();
                    loss += MicroBatch.Backward(tape, task.Loss(text, parts[part], run.KeyOf(part)), (double)own / counted);
                }
                run.Update(loss, parts.Length, parts.Sum(task.Tokens));
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

        int[][] Read(int update)
        {
            using var timing = run.TimeReading();
            return [.. Enumerable.Range(0, options.MicroBatches(update)).Select(part => batches[run.BatchOf(part)])];
        }

        Measurement Evaluate()
        {
            using var average = run.WithAverage();
            adapter?.UseDropout(null);
            return task.Evaluate(text, stopping);
        }
    }

    /// <summary>Identity of the examples, which checkpoints record.</summary>
    static JsonObject Identity(FineTuneTask task, Tokenizer tokenizer)
    {
        var examples = new JsonObject
        {
            ["outline"] = task.Outline,
            ["count"] = task.Examples,
            ["tokenizer"] = tokenizer.Fingerprint.ToString("x16", CultureInfo.InvariantCulture),
        };
        task.Identify(examples);
        return new JsonObject { ["examples"] = examples };
    }
}
