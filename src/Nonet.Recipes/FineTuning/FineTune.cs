using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Checkpoints;
using Nonet.Checkpoints.Adapters;
using Nonet.Data;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Models.Encoders;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Recipes.FineTuning;

/// <summary>Trains a BERT and a new head on a task. Devlin et al. 2018, sections 3.2 and A.3. The bits depend on options, weights and data alone.</summary>
static class FineTune
{
    /// <param name="options">What determines the result; steps, warm-up and evaluations are set by epochs. With <see cref="FineTuneOptions.Lora"/> the trunk is frozen under an adapter.</param>
    /// <param name="from">The model that the weights are from; null if no adapter is trained.</param>
    /// <param name="trunk">The model's configuration, whatever its head.</param>
    /// <param name="task">Examples.</param>
    /// <param name="tokenizer">Of the model.</param>
    /// <param name="device">Where the model is trained.</param>
    /// <param name="where">Run folder, threads, reports.</param>
    /// <param name="start">Weights to start from, given the configuration with the task's head; null: all are drawn.</param>
    /// <param name="progress">Told of every reported step, evaluation and checkpoint, on this thread.</param>
    /// <param name="stopping">Cancelling saves a checkpoint after the step at hand and returns.</param>
    public static TrainingResult Run(FineTuneOptions options, BaseModel? from, BertConfig trunk, FineTuneTask task, Tokenizer tokenizer, Device device, RunOptions where, Func<ModelConfig, IWeightSource>? start,
        IProgress<RunEvent>? progress, CancellationToken stopping)
    {
        var config = task.Configure(trunk);
        using var parameters = new ParameterStore(device);
        var model = new Bert(config, parameters.Root) { Checkpointing = options.GradientCheckpointing };
        using var adapter = options.Lora is { } lora ? PeftAdapter.Attach(model, lora.Rank, lora.Alpha, lora.Projections, p => p.Path.Split('/')[0] is "classifier" or "pooler") : null;
        if (adapter is not null)
            adapter.Base = from;
        var text = new BertText(model, tokenizer) { MaxLength = options.Length };
        task.Encode(text);
        options = options.For(task.Examples) with { Model = config };
        options.Check();
        var batches = new ShuffledExamples(task.Examples, options.Batch, options.Seed);
        using var run = new TrainingRun(options, Recorded(options, task, tokenizer), device, parameters, tokenizer, where, progress, start?.Invoke(config), adapter);
        run.Tell("examples", task.Outline);
        if (adapter is not null)
        {
            run.Tell("lora", string.Create(CultureInfo.InvariantCulture,
                $"{adapter.Layers.Count():N0} layers changed by {parameters.Parameters.Where(adapter.Owns).Sum(p => p.Elements):N0} weights; {adapter.Whole.Sum(p => p.Elements):N0} of the head; the rest is frozen"));
        }
        if (task.HeadNotice is { } head && start is not null)
            run.Tell("head", head);
        foreach (var warning in task.Warnings)
            run.Tell("warning", warning);
        if (task.Cut > 0)
            run.Tell("cut", string.Create(CultureInfo.InvariantCulture, $"{task.Cut:N0} example(s) longer than {Math.Min(options.Length ?? config.Context, config.Context):N0} tokens"));

        run.Run($"{options.Batch * options.Accumulate} examples", () =>
        {
            while (run.Goes(stopping))
            {
                run.Begin();
                var loss = 0.0;
                var parts = run.Read(() => Enumerable.Range(0, options.MicroBatches(run.Next)).Select(part => batches[run.State.Batches + part]).ToArray());
                var counted = parts.Sum(task.Counted);
                for (var part = 0; part < parts.Length; part++)
                {
                    var examples = parts[part];
                    loss += MicroBatch.Backward(task.Counted(examples), counted, () => task.Loss(text, examples, run.KeyOf(part)));
                }
                if (run.Update(loss, parts.Length, parts.Sum(task.Tokens)))
                    run.EvaluateAndSave(() => task.Evaluate(text));
            }
            run.Complete(() => task.Evaluate(text));
        });
        return run.Result();
    }

    /// <summary>The options and what identifies the examples, as checkpoints keep them.</summary>
    static JsonObject Recorded(FineTuneOptions options, FineTuneTask task, Tokenizer tokenizer)
    {
        var recorded = options.ToJson();
        recorded["examples"] = new JsonObject
        {
            ["outline"] = task.Outline,
            ["count"] = task.Examples,
            ["tokenizer"] = tokenizer.Fingerprint.ToString("x16", CultureInfo.InvariantCulture),
        };
        return recorded;
    }
}
