using Nonet.Tensors.Cpu;
using Nonet.Tensors.Memory;
using Xunit;

namespace Nonet.Tensors.Tests;

public unsafe class StorageTests
{
    [Fact]
    public void Storage_is_aligned_to_64_bytes_and_large_enough()
    {
        var pool = new StoragePool(bytes => new HostStorage(bytes));
        foreach (var bytes in new long[] { 0, 1, 63, 64, 65, 1000, 4097, 100_000, 1 << 20, (1 << 20) + 1 })
        {
            var storage = (HostStorage)pool.Rent(bytes);
            Assert.Equal(0, (nint)storage.Pointer & 63);
            Assert.True(storage.Bytes >= bytes);
            Assert.True(storage.Bytes <= Math.Max(bytes, 64) * 9 / 8 + 64, $"{storage.Bytes} bytes for {bytes}");
            new Span<byte>(storage.Pointer, (int)bytes).Fill(1);
            storage.Retain();
            storage.Release();
        }
        pool.Trim();
    }

    [Fact]
    public void A_buffer_is_used_again_and_trimmed_away()
    {
        using var device = new CpuDevice(new CpuOptions { Threads = 1 });
        long first = 0;
        for (var step = 0; step < 5; step++)
        {
            using var scope = new TensorScope();
            for (var size = 1; size < 3000; size += 97)
                device.Empty(new Shape(size));
            if (step == 0)
                first = device.Pool.AllocatedBytes;
            Assert.Equal(first, device.Pool.AllocatedBytes);
        }
        device.Pool.Trim();
        Assert.Equal(0, device.Pool.AllocatedBytes);
    }

    /// <summary>Passes over packed examples differ in length: each needs buffers of other classes.</summary>
    [Fact]
    public void Steps_of_different_sizes_hold_little_more_than_the_largest()
    {
        using var device = new CpuDevice(new CpuOptions { Threads = 1 });
        const int Largest = 1 << 20, Tensors = 40;
        for (var step = 0; step < 60; step++)
        {
            using var scope = new TensorScope();
            for (var i = 0; i < Tensors; i++)
                device.Empty(new Shape(Largest - (step * 7919 % 100) * (Largest / 120)));
        }
        Assert.InRange(device.Pool.AllocatedBytes, 4L * Largest * Tensors / 2, 4L * Largest * Tensors * 3 / 2);
    }

    [Fact]
    public void A_shared_storage_returns_with_its_last_tensor()
    {
        using var device = new CpuDevice(new CpuOptions { Threads = 1 });
        var x = device.Full(new Shape(100), DType.F32, 3);
        var view = x.Reshape(new Shape(10, 10));
        x.Dispose();
        x.Dispose();
        Assert.Throws<ObjectDisposedException>(() => x.Value(0));
        using var other = device.Full(new Shape(100), DType.F32, 4);
        Assert.Equal(3, view.Value(99));
        view.Dispose();
        var allocated = device.Pool.AllocatedBytes;
        using var again = device.Empty(new Shape(100));
        Assert.Equal(allocated, device.Pool.AllocatedBytes);
    }

    [Fact]
    public void Borrowed_memory_is_read_where_it_lies()
    {
        using var device = new CpuDevice(new CpuOptions { Threads = 1 });
        var bytes = GC.AllocateArray<float>(6, pinned: true);
        bytes.AsSpan().Fill(2.5f);
        var storage = HostStorage.Borrow(bytes, (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref bytes[0]), 24);
        using var x = device.Borrow(storage, DType.F32, new Shape(2, 2), byteOffset: 8);
        bytes[5] = 7;
        Assert.Equal([2.5, 2.5, 2.5, 7], x.ToDoubles());
        var e = Assert.Throws<ShapeException>(() => device.Borrow(storage, DType.F32, new Shape(2, 2), byteOffset: 12));
        Assert.Contains("24 bytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Threads_may_rent_and_return_at_once()
    {
        var pool = new StoragePool(bytes => new HostStorage(bytes));
        Parallel.For(0, 8, t =>
        {
            for (var i = 0; i < 2000; i++)
            {
                var storage = (HostStorage)pool.Rent(64 + (i * 31 + t) % 5000);
                storage.Retain();
                *storage.Pointer = (byte)t;
                Assert.Equal((byte)t, *storage.Pointer);
                storage.Release();
            }
        });
        pool.Trim();
        Assert.Equal(0, pool.AllocatedBytes);
    }
}
