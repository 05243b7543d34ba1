//! The device of smoltcp over two queues of frames.

use std::sync::mpsc::{Receiver, Sender};

use framewell::{Frame, Pool};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

/// A device that receives frames from one queue, and sends frames into another.
pub struct FrameDevice {
    pool: Pool,
    from: Receiver<Frame>,
    to: Sender<Frame>,
    /// A frame for the answer to the next packet, so that a device can always receive. `None` only
    /// until the pool has had a free one.
    spare: Option<Frame>,
}

impl FrameDevice {
    /// Makes a device, which takes a frame for itself.
    pub fn new(pool: Pool, from: Receiver<Frame>, to: Sender<Frame>) -> Self {
        let spare = pool.get(0).ok();
        Self {
            pool,
            from,
            to,
            spare,
        }
    }
}

impl Device for FrameDevice {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = ToSend<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Received<'_>, ToSend<'_>)> {
        let answer = self.spare.take().or_else(|| self.pool.get(0).ok())?;
        let Ok(packet) = self.from.try_recv() else {
            self.spare = Some(answer);
            return None;
        };
        // The packet is read where the spare frame lay, and its frame is the next spare one.
        let packet = self.spare.insert(packet);
        Some((Received(packet), ToSend(answer, &self.to)))
    }

    fn transmit(&mut self, _: Instant) -> Option<ToSend<'_>> {
        Some(ToSend(self.pool.get(0).ok()?, &self.to))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.pool.payload();
        capabilities
    }
}

/// A packet that was received.
pub struct Received<'a>(&'a Frame);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.0)
    }
}

/// A frame for a packet, and where it goes. Dropping it unused frees the frame.
pub struct ToSend<'a>(Frame, &'a Sender<Frame>);

impl TxToken for ToSend<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, len: usize, write: F) -> R {
        self.0.resize(len).expect("a frame holds the MTU");
        let result = write(&mut self.0);
        // A frame to a device that is gone is freed, as a packet on a cut wire is lost.
        self.1.send(self.0).ok();
        result
    }
}
