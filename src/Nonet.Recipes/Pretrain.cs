using System.Globalization;
using Nonet.Data;
using Nonet.Evaluation;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>
/// Trains a decoder to predict the next token: AdamW or Muon, a schedule, clipping, held-out loss, checkpoints, samples. Brown et al. 2020,
/// appendix B; Touvron et al. 2023, section 2.3. The bits of the result depend only on the options and the text, not on the number of
/// threads or on interruptions.
/// </summary>
public static class Pretrain
{
    /// <summary>Trains a model.</summary>
    /// <param name="options">Settings that determine the result.</param>
    /// <param name="text">Tokens for training and held-out tokens.</param>
    /// <param name="device">Device that trains the model.</param>
    /// <param name="where">Run folder, threads, reports.</param>
    /// <param name="progress">Receives every reported step, evaluation, sample and checkpoint, on this thread.</param>
    /// <param name="start">Initial weights; null: random.</param>
    /// <param name="stopping">Cancelling drops the current update, saves a checkpoint of the last one and returns.</param>
    public static TrainingResult Run(
        PretrainOptions options, TokenizedData text, Device device, RunOptions where, IProgress<RunEvent>? progress = null, IWeightSource? start = null,
        CancellationToken stopping = default)
    {
        options.Check();
        using var parameters = new ParameterStore(device);
        var model = Create(options, text, parameters.Root);
        var batches = new BatchSource(text.Train, text.Weights, options.SequenceLength, options.Batch, options.Seed);
        var heldOut = new EvaluationWindows(text.HeldOut, options.SequenceLength, text.Tokenizer.EndOfText);
        using var run = new TrainingRun(options, parameters, text.Tokenizer, where, progress, text.Identity, start);

        try
        {
            run.Begin($"{options.TokensPerStep.ToString("N0", CultureInfo.InvariantCulture)} tokens");
            for (var step = run.Step; ; step = run.Step) // number of updates so far
            {
                if (run.NeedsEvaluation && !run.Record(Evaluate()))
                    continue; // the run diverged and rolled back to its last checkpoint
                if (run.NeedsCheckpoint)
                    run.Save();
                if (run.NeedsSample)
                    Sample();
                if (step == options.Steps)
                    break;

                run.BeginUpdate();
                var (loss, parts) = (0.0, options.MicroBatches(step + 1));
                var tokens = (long)options.Batch * options.SequenceLength * parts;
                for (var part = 0; part < parts; part++)
                {
                    stopping.ThrowIfCancellationRequested();
                    using var scope = new TensorScope(); // buffers of this micro-batch
                    var (batch, targets) = Read(part);
                    loss += MicroBatch.Backward(model, batch.With(run.KeyOf(part)), targets, tokens, (float)(options.ZLoss ?? 0));
                }
                run.Update(loss, parts, tokens);
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
        return run.Result(FlopsPerToken(model, options.SequenceLength));

        (Batch, Indices) Read(int part)
        {
            using var timing = run.TimeReading();
            return MicroBatch.Read(batches, run.BatchOf(part), device);
        }

        Measurement Evaluate()
        {
            using var average = run.WithAverage();
            var loss = HeldOut.Evaluate(model, heldOut, stopping: stopping);
            return new Measurement(loss.NatsPerToken, loss.BitsPerByte(text.HeldOut.TextBytes));
        }

        void Sample()
        {
            using var average = run.WithAverage();
            var generation = new GenerationOptions { Sampler = where.Sampler, MaxTokens = where.SampleTokens, StopTokens = [text.Tokenizer.EndOfText] };
            using var engine = new DecodingEngine(model);
            var ids = engine.Generate(text.Tokenizer.Encode(where.Prompt), generation, stopping).ToBlockingEnumerable(CancellationToken.None).Select(t => t.Id)
                .Where(id => id != text.Tokenizer.EndOfText);
            run.Report(new Sampled(run.Step, where.Prompt, Printable(text.Tokenizer.Decode([.. ids]))));
        }
    }

    /// <summary>
    /// FLOPs of a token's forward and backward pass: 6 per weight of a matrix product, and 12 · Layers · Heads · HeadWidth · length for attention. Chowdhery et
    /// al. 2022, appendix B.
    /// </summary>
    internal static double FlopsPerToken(ICausalModel model, int length)
    {
        var parameters = model.Parameters.Parameters;
        var output = parameters.Any(p => p.Role == ParameterRole.Head) ? ParameterRole.Head : ParameterRole.Embedding; // a tied token table computes the logits
        var multiplied = parameters.Where(p => p.Role is ParameterRole.Matrix or ParameterRole.Router || p.Role == output).Sum(p => p.Elements * p.Share);
        return 6.0 * multiplied + 12.0 * model.Layers * model.AttentionWidth * length;
    }

    /// <summary>Replaces control characters, which an untrained model over bytes generates and terminals would interpret.</summary>
    internal static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\uFFFD' : c));

    static ICausalModel Create(PretrainOptions options, TokenizedData text, ParameterPath root)
    {
        var model = options.Model.Create(root) as ICausalModel
            ?? throw new ArgumentException($"the model is a {options.Model.Kind}, which does not predict the next token; expected a decoder");
        if (model.Vocab < text.Tokenizer.Vocab)
            throw new ArgumentException($"the model's vocab is {model.Vocab}; expected at least the tokenizer's {text.Tokenizer.Vocab}");
        model.Checkpointing = options.GradientCheckpointing;
        return model;
    }
}
